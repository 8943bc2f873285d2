-- A site is deleted: asked for by an owner, 30 days of grace, then everything goes. Idempotent.
--
-- `accounts_site.closes_at` is the key to the only door in the append-only journal. So only the
-- functions below write it, always 30 days ahead; nobody moves it, no site takes another's id, and
-- none becomes the company's own, whose strays and staff letters it would get.
-- What deletes is owned by comm100_purger, a role that row-level security lets reach nothing but the
-- rows of the site in the signed context, and that only when its days are over (app.site_being_purged).

CREATE OR REPLACE FUNCTION app.site_keeps_its_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.closes_at IS NOT NULL THEN
      RAISE EXCEPTION 'a site does not begin with its end' USING errcode = 'insufficient_privilege';
    END IF;
  ELSIF NEW.id <> OLD.id OR NEW.is_company <> OLD.is_company THEN
    RAISE EXCEPTION 'a site keeps its number, and is the company''s or never' USING errcode = 'insufficient_privilege';
  ELSIF NEW.closes_at IS DISTINCT FROM OLD.closes_at AND current_user <> 'comm100_definer' THEN
    RAISE EXCEPTION 'only app.close_site and app.keep_site say when a site ends' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER site_keeps_its_end BEFORE INSERT OR UPDATE ON accounts_site
  FOR EACH ROW EXECUTE FUNCTION app.site_keeps_its_end();
GRANT SELECT, UPDATE (closes_at, closing_told) ON accounts_site TO comm100_definer;
GRANT SELECT ON operators_operator TO comm100_definer;

-- The owner at work in the signed context; nobody else closes or keeps a site.
CREATE OR REPLACE FUNCTION app.owner_at_work() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT o.id FROM operators_operator o WHERE o.site_id = app.site_id() AND o.user_id = app.user_id()
    AND o.role = 1 AND o.left_at IS NULL AND (app.context())[1] = 'operator' $$;
ALTER FUNCTION app.owner_at_work() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.owner_at_work() FROM PUBLIC;

-- From now on 30 days; NULL when it is closing already.
CREATE OR REPLACE FUNCTION app.close_site() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_owner bigint := app.owner_at_work(); v_at timestamptz;
BEGIN
  IF v_owner IS NULL THEN
    RAISE EXCEPTION 'only an owner closes a site' USING errcode = 'insufficient_privilege';
  END IF;
  IF (SELECT is_company FROM accounts_site WHERE id = app.site_id()) THEN
    RAISE EXCEPTION 'the company keeps its own site' USING errcode = 'insufficient_privilege';
  END IF;
  UPDATE accounts_site SET closes_at = now() + interval '30 days', closing_told = 0
  WHERE id = app.site_id() AND closes_at IS NULL RETURNING closes_at INTO v_at;
  IF v_at IS NOT NULL THEN
    PERFORM app.journal_write(app.site_id(), 'operator:' || v_owner, 'site.closing', 'accounts_site', app.site_id()::text,
      jsonb_build_object('until', to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')));
  END IF;
  RETURN v_at;
END $$;
ALTER FUNCTION app.close_site() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.close_site() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.close_site() TO comm100_app;

-- Whether that changed anything; too late when the days are over.
CREATE OR REPLACE FUNCTION app.keep_site() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_owner bigint := app.owner_at_work();
BEGIN
  IF v_owner IS NULL THEN
    RAISE EXCEPTION 'only an owner keeps a site' USING errcode = 'insufficient_privilege';
  END IF;
  UPDATE accounts_site SET closes_at = NULL, closing_told = 0 WHERE id = app.site_id() AND closes_at > now();
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM app.journal_write(app.site_id(), 'operator:' || v_owner, 'site.kept', 'accounts_site', app.site_id()::text, '{}');
  RETURN true;
END $$;
ALTER FUNCTION app.keep_site() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.keep_site() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.keep_site() TO comm100_app;

-- The purge ---------------------------------------------------------------------------
GRANT SELECT, DELETE ON accounts_site TO comm100_purger;
GRANT SELECT, INSERT, UPDATE ON accounts_tombstone TO comm100_purger;
GRANT USAGE ON SEQUENCE accounts_tombstone_id_seq TO comm100_purger;

CREATE OR REPLACE FUNCTION app.must_be_over() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_site bigint := app.site_being_purged();
BEGIN
  IF v_site IS NULL THEN
    RAISE EXCEPTION 'this site is not to be deleted, or not yet' USING errcode = 'insufficient_privilege';
  END IF;
  RETURN v_site;
END $$;
ALTER FUNCTION app.must_be_over() OWNER TO comm100_purger;
REVOKE ALL ON FUNCTION app.must_be_over() FROM PUBLIC;

-- Sets the tombstone, with the last seal of the journal while that is there.
CREATE OR REPLACE FUNCTION app.begin_purge() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO accounts_tombstone (of_site, day, rows, entries, head)
  SELECT s, (now() AT TIME ZONE 'UTC')::date, '{}', coalesce(h.seq, 0), coalesce(h.hash, '\x00')
  FROM app.must_be_over() s LEFT JOIN core_journalhead h ON h.site_id = s
  ON CONFLICT (of_site) DO NOTHING $$;
ALTER FUNCTION app.begin_purge() OWNER TO comm100_purger;
REVOKE ALL ON FUNCTION app.begin_purge() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.begin_purge() TO comm100_app;

-- Some rows of one table, from a key on, go and are counted on the tombstone; answers how many, and
-- the last of them: who asks for the next ones from there does not read the dead ones once more.
DROP FUNCTION IF EXISTS app.purge_rows(text, int);
CREATE OR REPLACE FUNCTION app.purge_rows(p_table text, p_most int, p_after bigint DEFAULT 0, OUT gone bigint, OUT last bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_site bigint := app.must_be_over(); v_ids bigint[];
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'site_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relname = p_table AND c.relforcerowsecurity) THEN
    RAISE EXCEPTION '% is no table of sites', p_table USING errcode = 'insufficient_privilege';
  END IF;
  EXECUTE format('SELECT ARRAY(SELECT id FROM %I WHERE site_id = $1 AND id > $3 ORDER BY id LIMIT $2)', p_table)
    INTO v_ids USING v_site, p_most, p_after;
  -- the ids alone: beside `site_id = 12` the planner may look for each of them in the whole site
  EXECUTE format('DELETE FROM %I WHERE id = ANY ($1)', p_table) USING v_ids;
  GET DIAGNOSTICS gone = ROW_COUNT;
  last := v_ids[cardinality(v_ids)];
  IF gone > 0 THEN
    UPDATE accounts_tombstone t SET rows = jsonb_set(t.rows, ARRAY[p_table], to_jsonb(coalesce((t.rows->>p_table)::bigint, 0) + gone))
    WHERE t.of_site = v_site;
  END IF;
END $$;
ALTER FUNCTION app.purge_rows(text, int, bigint) OWNER TO comm100_purger;
REVOKE ALL ON FUNCTION app.purge_rows(text, int, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.purge_rows(text, int, bigint) TO comm100_app;

-- The site itself, last; refused by the references of rows that are still there.
CREATE OR REPLACE FUNCTION app.end_purge() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_site bigint := app.must_be_over();
BEGIN
  UPDATE accounts_tombstone SET of_site = NULL, day = (now() AT TIME ZONE 'UTC')::date WHERE of_site = v_site;
  DELETE FROM accounts_site WHERE id = v_site;
END $$;
ALTER FUNCTION app.end_purge() OWNER TO comm100_purger;
REVOKE ALL ON FUNCTION app.end_purge() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.end_purge() TO comm100_app;
