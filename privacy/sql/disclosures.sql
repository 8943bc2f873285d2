-- Disclosures that the law demands (P6.3), and the list of what agents were shown (P6.2). Idempotent.

GRANT SELECT, INSERT, UPDATE ON privacy_legaldisclosure TO comm100_definer;
GRANT USAGE ON SEQUENCE privacy_legaldisclosure_id_seq TO comm100_definer;

-- Asked for by staff at work, together with the grant under which the records will be read: a second
-- staff member has to approve that.
CREATE OR REPLACE FUNCTION app.ask_disclosure(p_site bigint, p_order text, p_authority text, p_scope text,
  p_records jsonb, p_until date, p_why text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); v_grant bigint; v_id bigint;
BEGIN
  IF jsonb_array_length(p_records) NOT BETWEEN 1 AND 100 THEN
    RAISE EXCEPTION 'name between one and a hundred single records' USING errcode = 'check_violation';
  END IF;
  v_grant := app.open_grant(p_site, 'legal_requirement', p_scope, p_order, 480);
  INSERT INTO privacy_legaldisclosure (site_id, grant_id, order_reference, authority, scope, records, asked_by_id,
    asked_at, barred_until, bar_reason, digest, record_count)
  VALUES (p_site, v_grant, p_order, p_authority, p_scope, p_records, v_staff, now(), p_until, p_why, '', 0)
  RETURNING id INTO v_id;
  RETURN v_id;
END $$;
ALTER FUNCTION app.ask_disclosure(bigint, text, text, text, jsonb, date, text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.ask_disclosure(bigint, text, text, text, jsonb, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.ask_disclosure(bigint, text, text, text, jsonb, date, text) TO comm100_staff;

-- What was handed over, once: by who asked, while the approved grant holds.
CREATE OR REPLACE FUNCTION app.seal_disclosure(p_id bigint, p_digest text, p_count int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); held privacy_accessgrant; sealed privacy_legaldisclosure;
BEGIN
  SELECT * INTO held FROM app.held_grant();
  UPDATE privacy_legaldisclosure SET digest = p_digest, record_count = p_count, sealed_at = now(), approved_by_id = held.second_id
  WHERE id = p_id AND grant_id = held.id AND asked_by_id = v_staff AND sealed_at IS NULL RETURNING * INTO sealed;
  IF sealed.id IS NULL THEN
    RAISE EXCEPTION 'this disclosure is not approved, over, or done' USING errcode = 'insufficient_privilege';
  END IF;
  PERFORM app.journal_write(sealed.site_id, 'staff:' || v_staff, 'law.disclosed', 'privacy_legaldisclosure', p_id::text,
    jsonb_build_object('grant', held.id, 'purpose', held.purpose, 'reference', held.reference, 'records', p_count, 'digest', p_digest));
END $$;
ALTER FUNCTION app.seal_disclosure(bigint, text, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.seal_disclosure(bigint, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.seal_disclosure(bigint, text, int) TO comm100_staff;

-- The site in context learns of it; false when it may not know yet, or knows.
CREATE OR REPLACE FUNCTION app.tell_disclosure(p_id bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE told privacy_legaldisclosure;
BEGIN
  UPDATE privacy_legaldisclosure SET told_at = now()
  WHERE id = p_id AND site_id = app.site_id() AND sealed_at IS NOT NULL AND told_at IS NULL
    AND (barred_until IS NULL OR barred_until <= (now() AT TIME ZONE 'UTC')::date) RETURNING * INTO told;
  IF told.id IS NULL THEN RETURN false; END IF;
  PERFORM app.journal_write(told.site_id, 'system', 'law.told', 'privacy_legaldisclosure', p_id::text,
    jsonb_build_object('grant', told.grant_id, 'reference', told.order_reference, 'digest', told.digest));
  RETURN true;
END $$;
ALTER FUNCTION app.tell_disclosure(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.tell_disclosure(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tell_disclosure(bigint) TO comm100_app;

-- While an order bars it, the site sees neither the disclosure nor its grant nor their journal
-- entries. These policies only narrow what `site_rows` shows.
CREATE OR REPLACE FUNCTION app.barred_grants() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT grant_id FROM privacy_legaldisclosure
  WHERE site_id = app.site_id() AND barred_until > (now() AT TIME ZONE 'UTC')::date $$;
ALTER FUNCTION app.barred_grants() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.barred_grants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.barred_grants() TO comm100_app;

DROP POLICY IF EXISTS under_bar ON privacy_legaldisclosure;
CREATE POLICY under_bar ON privacy_legaldisclosure AS RESTRICTIVE FOR SELECT TO comm100_app
  USING (grant_id <> ALL (ARRAY(SELECT app.barred_grants())));
DROP POLICY IF EXISTS under_bar ON privacy_accessgrant;
CREATE POLICY under_bar ON privacy_accessgrant AS RESTRICTIVE FOR SELECT TO comm100_app
  USING (id <> ALL (ARRAY(SELECT app.barred_grants())));
DROP POLICY IF EXISTS under_bar ON core_journalentry;
CREATE POLICY under_bar ON core_journalentry AS RESTRICTIVE FOR SELECT TO comm100_app
  USING (grant_id IS NULL OR grant_id <> ALL (ARRAY(SELECT app.barred_grants())));

-- The seals of entries, also of those that are under a bar: a hash tells nothing, and a mailed head
-- can be checked all the time.
CREATE OR REPLACE FUNCTION app.journal_seals(p_seqs bigint[]) RETURNS TABLE (seq bigint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.seq, e.hash FROM core_journalentry e WHERE e.site_id = app.site_id() AND e.seq = ANY (p_seqs) $$;
ALTER FUNCTION app.journal_seals(bigint[]) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.journal_seals(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.journal_seals(bigint[]) TO comm100_app;

-- What agents were shown stays as it was written.
REVOKE UPDATE, DELETE ON privacy_agentdisclosure FROM comm100_app;
