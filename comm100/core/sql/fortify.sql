-- The wall below the application: signed context, journal, the search through it.
-- Run by `manage prepare` after every migration, as the database's administrator; idempotent.
-- Placeholders in braces are filled in by comm100/core/fortify.py.

CREATE SCHEMA IF NOT EXISTS app;
GRANT USAGE ON SCHEMA app TO comm100_app, comm100_post, comm100_staff, comm100_owner, comm100_backup;

-- The context -----------------------------------------------------------------------
-- app.ctx = kind.site.user.grant.expires.hmac, HMAC-SHA256 (RFC 2104) built from sha256(),
-- because the embedded PostgreSQL has no pgcrypto. inner and outer pad are the 32-byte key
-- padded with zeros to 64 bytes, XOR 0x36 and 0x5c. No role is granted the key.
CREATE TABLE IF NOT EXISTS app.context_key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL);
ALTER TABLE app.context_key OWNER TO comm100_definer;
GRANT USAGE ON SCHEMA app, public TO comm100_definer;

CREATE OR REPLACE FUNCTION app.context() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS $$
DECLARE
  ctx text := nullif(current_setting('app.ctx', true), '');
  parts text[]; body text; key app.context_key;
BEGIN
  IF ctx IS NULL THEN RETURN NULL; END IF;
  parts := string_to_array(ctx, '.');
  IF array_length(parts, 1) IS DISTINCT FROM 6 THEN
    RAISE EXCEPTION 'context refused: malformed' USING errcode = 'insufficient_privilege';
  END IF;
  body := array_to_string(parts[1:5], '.');
  SELECT * INTO STRICT key FROM app.context_key;
  IF encode(sha256(key.outer_pad || sha256(key.inner_pad || convert_to(body, 'UTF8'))), 'hex') <> parts[6] THEN
    RAISE EXCEPTION 'context refused: bad signature' USING errcode = 'insufficient_privilege';
  END IF;
  IF parts[5]::bigint < extract(epoch FROM clock_timestamp()) THEN
    RAISE EXCEPTION 'context refused: expired' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN parts;
END $$;
ALTER FUNCTION app.context() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.context() FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.site_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS
$$ SELECT nullif((app.context())[2]::bigint, 0) $$;
ALTER FUNCTION app.site_id() OWNER TO comm100_definer;

CREATE OR REPLACE FUNCTION app.user_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS
$$ SELECT nullif((app.context())[3]::bigint, 0) $$;
ALTER FUNCTION app.user_id() OWNER TO comm100_definer;

-- Who reads as staff: NULL in any other context.
CREATE OR REPLACE FUNCTION app.staff_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS
$$ SELECT CASE WHEN c[1] = 'staff' THEN nullif(c[3]::bigint, 0) END FROM (SELECT app.context() AS c) AS now $$;
ALTER FUNCTION app.staff_id() OWNER TO comm100_definer;

CREATE OR REPLACE FUNCTION app.grant_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = app, pg_temp AS
$$ SELECT CASE WHEN c[1] = 'staff' THEN nullif(c[4]::bigint, 0) END FROM (SELECT app.context() AS c) AS now $$;
ALTER FUNCTION app.grant_id() OWNER TO comm100_definer;

-- The end of a site -------------------------------------------------------------------
-- The site in context, when it asked to be deleted and its days of grace are over; else NULL. What
-- comm100_purger reaches hangs on this alone, and so does the only way past the journal's triggers.
CREATE OR REPLACE FUNCTION app.site_being_purged() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id FROM accounts_site s
  WHERE s.id = app.site_id() AND s.closes_at <= now() AND NOT s.is_company $$;
ALTER FUNCTION app.site_being_purged() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.site_being_purged() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.site_being_purged() TO comm100_purger;
GRANT USAGE ON SCHEMA app TO comm100_purger;

-- Whether a row of this site goes because the site does: the one exception of append-only triggers.
CREATE OR REPLACE FUNCTION app.goes_with_its_site(p_site bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_user <> 'comm100_purger' THEN RETURN false; END IF;
  RETURN p_site = app.site_being_purged();
END $$;
GRANT SELECT ON accounts_site TO comm100_definer;

-- The journal -----------------------------------------------------------------------
CREATE OR REPLACE FUNCTION app.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF app.goes_with_its_site(OLD.site_id) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'the journal is append-only' USING errcode = 'insufficient_privilege'; END $$;
CREATE OR REPLACE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON core_journalentry
  FOR EACH ROW EXECUTE FUNCTION app.journal_is_append_only();
CREATE OR REPLACE TRIGGER journal_no_truncate BEFORE TRUNCATE ON core_journalentry
  FOR EACH STATEMENT EXECUTE FUNCTION app.journal_is_append_only();

CREATE OR REPLACE FUNCTION app.journal_hash(prev bytea, p_site bigint, p_seq bigint, p_at timestamptz,
  p_actor text, p_action text, p_table text, p_id text, p_detail jsonb) RETURNS bytea
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT sha256(prev || convert_to(jsonb_build_array(p_site, p_seq,
    to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    p_actor, p_action, p_table, p_id, p_detail)::text, 'UTF8')) $$;

-- Writes for any site: only functions that know whose act it is may call it (comm100_definer).
CREATE OR REPLACE FUNCTION app.journal_write(p_site bigint, p_actor text, p_action text, p_table text, p_id text, p_detail jsonb)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head core_journalhead; v_at timestamptz; v_hash bytea;
BEGIN
  INSERT INTO core_journalhead (site_id, seq, hash) VALUES (p_site, 0, '\x00') ON CONFLICT DO NOTHING;
  SELECT * INTO head FROM core_journalhead WHERE site_id = p_site FOR UPDATE;
  v_at := clock_timestamp();
  v_hash := app.journal_hash(head.hash, p_site, head.seq + 1, v_at, p_actor, p_action, p_table, p_id, p_detail);
  INSERT INTO core_journalentry (site_id, seq, at, actor, action, object_table, object_id, detail, prev_hash, hash, xid)
  VALUES (p_site, head.seq + 1, v_at, p_actor, p_action, p_table, p_id, p_detail, head.hash, v_hash,
    pg_current_xact_id()::text::bigint);
  UPDATE core_journalhead SET seq = head.seq + 1, hash = v_hash WHERE id = head.id;
  RETURN head.seq + 1;
END $$;
ALTER FUNCTION app.journal_write(bigint, text, text, text, text, jsonb) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.journal_write(bigint, text, text, text, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.journal_append(p_actor text, p_action text, p_table text, p_id text, p_detail jsonb)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF app.site_id() IS NULL THEN
    RAISE EXCEPTION 'the journal needs a site' USING errcode = 'insufficient_privilege';
  END IF;
  IF p_detail ? 'grant' THEN
    RAISE EXCEPTION 'what is done under a grant is written by its own functions' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN app.journal_write(app.site_id(), p_actor, p_action, p_table, p_id, p_detail);
END $$;
ALTER FUNCTION app.journal_append(text, text, text, text, jsonb) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.journal_append(text, text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.journal_append(text, text, text, text, jsonb) TO comm100_app;
GRANT SELECT, INSERT, UPDATE ON core_journalhead TO comm100_definer;
GRANT SELECT, INSERT ON core_journalentry TO comm100_definer;
GRANT USAGE ON SEQUENCE core_journalhead_id_seq, core_journalentry_id_seq TO comm100_definer;

-- Every link of a site's chain that does not follow from the one before; none when whole.
CREATE OR REPLACE FUNCTION app.journal_breaks_of(p_site bigint) RETURNS TABLE (seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.seq FROM (
    SELECT *, lag(j.hash, 1, '\x00'::bytea) OVER (ORDER BY j.seq) AS before, lag(j.seq, 1, 0::bigint) OVER (ORDER BY j.seq) AS seq_before
    FROM core_journalentry j WHERE j.site_id = p_site) e
  WHERE e.seq <> e.seq_before + 1 OR e.prev_hash <> e.before
     OR e.hash <> app.journal_hash(e.prev_hash, e.site_id, e.seq, e.at, e.actor, e.action, e.object_table, e.object_id, e.detail)
  UNION ALL
  SELECT h.seq FROM core_journalhead h WHERE h.site_id = p_site
    AND h.hash <> (SELECT j.hash FROM core_journalentry j WHERE j.site_id = h.site_id ORDER BY j.seq DESC LIMIT 1) $$;
ALTER FUNCTION app.journal_breaks_of(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.journal_breaks_of(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.journal_breaks_of(bigint) TO comm100_staff;

CREATE OR REPLACE FUNCTION app.journal_breaks() RETURNS TABLE (seq bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT seq FROM app.journal_breaks_of(app.site_id()) $$;
ALTER FUNCTION app.journal_breaks() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.journal_breaks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.journal_breaks() TO comm100_app;

-- References of tables that are filled by the million ------------------------------
-- In the place of foreign keys where a model is `checked_by_statement`: each distinct reference of
-- a statement is looked up and locked once, as a foreign key would for each row.
-- Arguments of the triggers: table, column, the table referred to, its key (`id`, or
-- `site_id, id` for what belongs to a site).
CREATE OR REPLACE FUNCTION app.hold_reference(p_table text, p_column text, p_target text, p_key text,
  p_site bigint, p_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_one int;
BEGIN
  IF p_id IS NULL THEN RETURN; END IF;
  EXECUTE format('SELECT 1 FROM %I WHERE id = $2 %s FOR KEY SHARE', p_target,
    CASE WHEN p_key = 'id' THEN '' ELSE 'AND site_id = $1' END) INTO found_one USING p_site, p_id;
  IF found_one IS NULL THEN
    RAISE EXCEPTION '% of % refers to what is not in %', p_column, p_table, p_target
      USING errcode = 'foreign_key_violation', table = p_table, column = p_column;
  END IF;
END $$;
ALTER FUNCTION app.hold_reference(text, text, text, text, bigint, bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.hold_reference(text, text, text, text, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.references_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE lost bigint;
BEGIN
  EXECUTE format('WITH referred AS MATERIALIZED (
      SELECT DISTINCT site_id AS whose, %1$I AS one FROM changed WHERE %1$I IS NOT NULL),
    held AS MATERIALIZED (
      SELECT t.id FROM referred r JOIN %2$I t ON t.id = r.one %3$s FOR KEY SHARE OF t)
    SELECT (SELECT count(*) FROM referred) - (SELECT count(*) FROM held)', TG_ARGV[1], TG_ARGV[2],
    CASE WHEN TG_ARGV[3] = 'id' THEN '' ELSE 'AND t.site_id = r.whose' END) INTO lost;
  IF lost > 0 THEN
    RAISE EXCEPTION '% of % refers to what is not in %', TG_ARGV[1], TG_ARGV[0], TG_ARGV[2]
      USING errcode = 'foreign_key_violation', table = TG_ARGV[0], column = TG_ARGV[1];
  END IF;
  RETURN NULL;
END $$;
ALTER FUNCTION app.references_hold() OWNER TO comm100_definer;

CREATE OR REPLACE FUNCTION app.reference_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE format('SELECT app.hold_reference($1, $2, $3, $4, ($5).site_id, ($5).%I)', TG_ARGV[1])
    USING TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], NEW;
  RETURN NULL;
END $$;
ALTER FUNCTION app.reference_holds() OWNER TO comm100_definer;

-- Statistics (comm100/core/statistics.py) --------------------------------------------
-- The tables in which the planner expects few rows of the site in context and that have many.
-- Runs as whoever asks: the planner is asked what it expects, and no more is counted than tells.
CREATE OR REPLACE FUNCTION app.tables_where_unknown() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE v_site bigint := app.site_id(); name text; plan json; expected bigint; enough bigint; there bigint;
BEGIN
  IF v_site IS NULL THEN RETURN; END IF;
  FOR name IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'site_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relforcerowsecurity
        AND pg_relation_size(c.oid) > 65536 AND has_table_privilege(c.oid, 'SELECT') ORDER BY c.relname LOOP
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %I WHERE site_id = %s', name, v_site) INTO plan;
    expected := plan->0->'Plan'->>'Plan Rows';
    CONTINUE WHEN expected >= 500;
    enough := 10 * greatest(expected, 100);
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %I WHERE site_id = %s LIMIT %s) found', name, v_site, enough) INTO there;
    IF there = enough THEN RETURN NEXT name; END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION app.tables_where_unknown() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tables_where_unknown() TO comm100_app;

-- Statistics of a table anew: which sites have how many rows of it, and all else that autovacuum
-- would find out later. Half a second for a million contacts. Only the owner of a table may do it.
CREATE OR REPLACE FUNCTION app.learn_table(p_table text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'site_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relname = p_table AND c.relforcerowsecurity) THEN
    RAISE EXCEPTION '% is no table of sites', p_table USING errcode = 'insufficient_privilege';
  END IF;
  EXECUTE format('ANALYZE (SKIP_LOCKED) %I', p_table);
END $$;
ALTER FUNCTION app.learn_table(text) OWNER TO comm100_owner;
REVOKE ALL ON FUNCTION app.learn_table(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.learn_table(text) TO comm100_app;
