-- Single records under a grant (P9.3): named by a key, declared, counted, and whether they belong
-- to what the grant is for. Run after app.record_links, which privacy/wall.py makes.

-- The grant of this staff member, locked: declarations of one grant come one after the other.
CREATE OR REPLACE FUNCTION app.grant_for_records() RETURNS privacy_accessgrant
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held privacy_accessgrant;
BEGIN
  PERFORM app.staff_at_work();
  PERFORM 1 FROM privacy_accessgrant WHERE id = app.grant_id() FOR UPDATE;
  SELECT * INTO held FROM app.held_grant();
  IF held.id IS NULL OR held.purpose = 'newsletter_moderation' THEN
    RAISE EXCEPTION 'no active grant' USING errcode = 'insufficient_privilege';
  END IF;
  IF (SELECT count(*) FROM core_journalentry WHERE site_id = held.site_id AND grant_id = held.id
      AND (action = 'record.view' OR action = 'record.missed')) >= 100 THEN
    RAISE EXCEPTION 'a grant is good for a hundred single records' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN held;
END $$;
ALTER FUNCTION app.grant_for_records() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.grant_for_records() FROM PUBLIC;

-- A record belongs to a grant when it is its first, was opened before, is named in the reference,
-- or is linked with a record that was opened before. Others are allowed, and raise an alert.
CREATE OR REPLACE FUNCTION app.belongs_to_grant(held privacy_accessgrant, p_table text, p_id bigint, p_key text)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH opened AS MATERIALIZED (
    SELECT DISTINCT object_table AS t, object_id::bigint AS i FROM core_journalentry
    WHERE site_id = held.site_id AND grant_id = held.id AND action = 'record.view')
  SELECT NOT EXISTS (SELECT 1 FROM opened)
    OR EXISTS (SELECT 1 FROM opened WHERE t = p_table AND i = p_id)
    OR held.reference ~* ('(^|[^[:alnum:]])' || regexp_replace(p_key, '([^[:alnum:]])', '\\\1', 'g') || '($|[^[:alnum:]])')
    OR EXISTS (SELECT 1 FROM app.record_links(held.site_id, p_table, p_id) l JOIN opened ON t = l.to_table AND i = l.to_id)
    OR EXISTS (SELECT 1 FROM opened, app.record_links(held.site_id, t, i) l WHERE l.to_table = p_table AND l.to_id = p_id) $$;
ALTER FUNCTION app.belongs_to_grant(privacy_accessgrant, text, bigint, text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.belongs_to_grant(privacy_accessgrant, text, bigint, text) FROM PUBLIC;

-- "I am going to look at this record": must be committed before the record shows.
CREATE OR REPLACE FUNCTION app.write_view(held privacy_accessgrant, p_table text, p_id bigint, p_key text, p_fields text[])
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT app.journal_write(held.site_id, 'staff:' || held.staff_id, 'record.view', p_table, p_id::text,
    jsonb_build_object('grant', held.id, 'purpose', held.purpose, 'reference', held.reference, 'fields', p_fields,
      'related', app.belongs_to_grant(held, p_table, p_id, p_key))) $$;
ALTER FUNCTION app.write_view(privacy_accessgrant, text, bigint, text, text[]) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.write_view(privacy_accessgrant, text, bigint, text, text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.declare_view(p_table text, p_id bigint, p_fields text[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT app.write_view(app.grant_for_records(), p_table, p_id, p_id::text, p_fields) $$;
ALTER FUNCTION app.declare_view(text, bigint, text[]) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.declare_view(text, bigint, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.declare_view(text, bigint, text[]) TO comm100_staff;

-- The same for a record that is named by what the site sees of it: a number, an address. When there
-- is none, the journal tells that it was looked for, and it counts as one of the hundred.
CREATE OR REPLACE FUNCTION app.declare_found(p_table text, p_column text, p_key text, p_fields text[],
  OUT record_id bigint, OUT seq bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held privacy_accessgrant := app.grant_for_records();
BEGIN
  IF p_column NOT IN ('id', 'number', 'email_norm') OR NOT EXISTS (
    SELECT 1 FROM pg_policies WHERE schemaname = 'public' AND tablename = p_table AND policyname = 'staff_reads') THEN
    RAISE EXCEPTION 'such records are not opened by that' USING errcode = 'insufficient_privilege';
  END IF;
  EXECUTE format('SELECT id FROM %I WHERE site_id = $1 AND %I = $2::%s', p_table, p_column,
    CASE p_column WHEN 'email_norm' THEN 'text' ELSE 'bigint' END) INTO record_id USING held.site_id, p_key;
  IF record_id IS NULL THEN
    seq := app.journal_write(held.site_id, 'staff:' || held.staff_id, 'record.missed', p_table,
      CASE p_column WHEN 'id' THEN p_key ELSE '' END,
      jsonb_build_object('grant', held.id, 'purpose', held.purpose, 'reference', held.reference, 'sought_by', p_column));
  ELSE
    seq := app.write_view(held, p_table, record_id, p_key, p_fields);
  END IF;
END $$;
ALTER FUNCTION app.declare_found(text, text, text, text[]) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.declare_found(text, text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.declare_found(text, text, text, text[]) TO comm100_staff;
