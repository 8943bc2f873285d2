-- Search through contacts past row-level security, the count of contacts, imports that stand still.

-- The words of a contact's name and address, in lower case, each with its site before it
-- (`12/ann`), so that the index of all contacts holds each site's words apart. What is no letter
-- parts words; scripts without spaces (kana, Han, Hangul) are words of one sign each.
-- A chain of replace() takes a tenth of what a regular expression or translate() takes; it is
-- one expression, so that the planner can put it in the place of a call.
CREATE OR REPLACE FUNCTION app.parted(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT regexp_replace(text, '([\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])', ' \1 ', 'g') $$;
CREATE OR REPLACE FUNCTION app.contact_words(site_id bigint, name text, email text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(string_to_array(
  site_id::text || '/' || replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
    lower(CASE WHEN octet_length(name) = length(name) THEN name ELSE app.parted(name) END || ' ' || email),
    '@', ' '), '.', ' '), '-', ' '), '_', ' '), '+', ' '), ',', ' '), '(', ' '), ')', ' '), '"', ' '),
    ' ', ' ' || site_id::text || '/'), ' '), site_id::text || '/')) $$;
GRANT EXECUTE ON FUNCTION app.parted(text), app.contact_words(bigint, text, text) TO PUBLIC;
-- One index for words and custom fields: two would cost an import a sixth more of the INSERT. What is
-- new waits in its pending list, which imports settle beside their own work.
CREATE INDEX IF NOT EXISTS contact_search ON visitors_contact USING gin (site_id int8_ops,
  fields jsonb_path_ops, app.contact_words(site_id, name, email)) WITH (gin_pending_list_limit = 16384);
DROP INDEX IF EXISTS contact_words;  -- of words alone, before

CREATE OR REPLACE FUNCTION app.settle_contact_search() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT gin_clean_pending_list('public.contact_search') $$;
ALTER FUNCTION app.settle_contact_search() OWNER TO comm100_owner;
REVOKE ALL ON FUNCTION app.settle_contact_search() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.settle_contact_search() TO comm100_app;

-- Contacts of the site in context whose words begin like all those of `query`, at most `most`.
-- Row-level security keeps tsvectors from every index, hence a definer function that filters itself.
-- 1. What has an @ inside is an address: those that begin with it.
-- 2. Blocks all over the site tell whether the words are common; then the newest answer.
-- 3. Otherwise the index of words finds all of them quickly. OFFSET 0 keeps it in use.
-- 4. Where nothing begins so, the newest 3,000 are looked through for it in the middle of words.
CREATE OR REPLACE FUNCTION app.search_contacts(query text, most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  v_site bigint := app.site_id();
  typed text := lower(btrim(query));
  wanted tsquery; found bigint[]; last_number bigint; step bigint; hits int;
BEGIN
  IF v_site IS NULL THEN RETURN ARRAY[]::bigint[]; END IF;
  IF position('@' IN typed) > 1 THEN
    found := ARRAY(SELECT id FROM visitors_contact WHERE site_id = v_site
      AND email_norm >= typed COLLATE "C" AND email_norm < typed || chr(1114111) COLLATE "C" LIMIT most);
    IF cardinality(found) > 0 THEN RETURN found; END IF;
  END IF;

  SELECT string_agg('''' || replace(replace(word, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    INTO wanted FROM unnest(tsvector_to_array(app.contact_words(v_site, '', app.parted(typed)))) word;
  IF wanted IS NULL THEN RETURN ARRAY[]::bigint[]; END IF;

  SELECT number INTO last_number FROM visitors_contact WHERE site_id = v_site ORDER BY number DESC LIMIT 1;
  step := greatest(last_number / 25, 20);
  SELECT count(*) INTO hits FROM generate_series(1, last_number, step) AS start
    CROSS JOIN LATERAL (SELECT name, email FROM visitors_contact
      WHERE site_id = v_site AND number >= start AND number < start + 20 OFFSET 0) block
    WHERE app.contact_words(v_site, name, email) @@ wanted;
  IF hits > 50 THEN
    found := ARRAY(SELECT id FROM (SELECT id, name, email FROM visitors_contact
        WHERE site_id = v_site ORDER BY number DESC LIMIT 20000) newest
      WHERE app.contact_words(v_site, name, email) @@ wanted LIMIT most);
  ELSE
    found := ARRAY(SELECT id FROM (SELECT id, site_id FROM visitors_contact
      WHERE app.contact_words(site_id, name, email) @@ wanted OFFSET 0) hit
      WHERE site_id = v_site LIMIT most);
  END IF;
  IF cardinality(found) > 0 THEN RETURN found; END IF;
  RETURN ARRAY(SELECT id FROM (SELECT id, lower(name || ' ' || email) AS text FROM visitors_contact
      WHERE site_id = v_site ORDER BY number DESC LIMIT 3000) newest
    WHERE position(regexp_replace(typed, '\s+', ' ', 'g') IN text) > 0 LIMIT most);
END $$;
ALTER FUNCTION app.search_contacts(text, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.search_contacts(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.search_contacts(text, int) TO comm100_app;
GRANT SELECT ON visitors_contact TO comm100_definer;

-- The newest contacts of the site in context with exactly this value in a custom field.
CREATE OR REPLACE FUNCTION app.contacts_with_field(field text, value text, most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  v_site bigint := app.site_id();
  wanted jsonb := jsonb_build_object(field, value);
  seen int; found bigint[];
BEGIN
  SELECT count(*), array_agg(id ORDER BY id DESC) FILTER (WHERE hit) INTO seen, found FROM (
    SELECT id, fields @> wanted AS hit FROM visitors_contact WHERE site_id = v_site
    ORDER BY id DESC LIMIT 10000) newest;
  found := coalesce(found[1:most], ARRAY[]::bigint[]);
  IF seen < 10000 OR cardinality(found) >= most THEN RETURN found; END IF;
  RETURN ARRAY(SELECT id FROM visitors_contact WHERE site_id = v_site AND fields @> wanted
    ORDER BY id DESC LIMIT most);
END $$;
ALTER FUNCTION app.contacts_with_field(text, text, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.contacts_with_field(text, text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.contacts_with_field(text, text, int) TO comm100_app;

-- How many contacts a site has: core_counter, name 'contacts', kept by every statement.
CREATE OR REPLACE FUNCTION app.count_new_contacts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO core_counter (site_id, name, last)
    SELECT site_id, 'contacts', count(*) FROM changed GROUP BY site_id
  ON CONFLICT (site_id, name) DO UPDATE SET last = core_counter.last + EXCLUDED.last;
  RETURN NULL;
END $$;
ALTER FUNCTION app.count_new_contacts() OWNER TO comm100_definer;
CREATE OR REPLACE FUNCTION app.count_gone_contacts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE core_counter SET last = last - gone.n
    FROM (SELECT site_id, count(*) AS n FROM changed GROUP BY site_id) gone
    WHERE core_counter.site_id = gone.site_id AND name = 'contacts';
  RETURN NULL;
END $$;
ALTER FUNCTION app.count_gone_contacts() OWNER TO comm100_definer;
GRANT SELECT, INSERT, UPDATE ON core_counter TO comm100_definer;
GRANT USAGE ON SEQUENCE core_counter_id_seq TO comm100_definer;
CREATE OR REPLACE TRIGGER contacts_counted AFTER INSERT ON visitors_contact
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION app.count_new_contacts();
CREATE OR REPLACE TRIGGER contacts_uncounted AFTER DELETE ON visitors_contact
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION app.count_gone_contacts();

-- Running imports of all sites that nobody works on: two numbers each, for the post's beat.
CREATE OR REPLACE FUNCTION app.stale_imports() RETURNS TABLE (site_id bigint, import_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.site_id, i.id FROM visitors_import i
  WHERE i.state = 2 AND (i.lease_until IS NULL OR i.lease_until < now()) $$;
ALTER FUNCTION app.stale_imports() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.stale_imports() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.stale_imports() TO comm100_post;

DROP FUNCTION IF EXISTS app.abandoned_imports();
GRANT SELECT ON visitors_import TO comm100_definer;

-- The proof of who a visitor is names the same contact as the visitor does (P4.4).
CREATE UNIQUE INDEX IF NOT EXISTS identification_of_contact ON visitors_identification (site_id, id, contact_id);
DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'visitor_proof_of_same_contact') THEN
  ALTER TABLE visitors_visitor ADD CONSTRAINT visitor_proof_of_same_contact
    FOREIGN KEY (site_id, identified_by_id, contact_id) REFERENCES visitors_identification (site_id, id, contact_id)
    DEFERRABLE INITIALLY DEFERRED;
END IF; END $$;

DROP FUNCTION IF EXISTS app.sites_with_old_visits(timestamptz, timestamptz);

-- Receipts of choices, and the words that they name, are only added to (P7.1): nobody edits or
-- deletes one, not even the owner. Erasing a person leaves the number of who they were. Only with
-- their site they go (operators/sql/closing.sql).
CREATE OR REPLACE FUNCTION app.receipts_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF app.goes_with_its_site(OLD.site_id) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'receipts are only added to' USING errcode = 'insufficient_privilege'; END $$;
CREATE OR REPLACE TRIGGER receipt_stands BEFORE UPDATE OR DELETE ON visitors_receipt
  FOR EACH ROW EXECUTE FUNCTION app.receipts_stand();
CREATE OR REPLACE TRIGGER receipts_not_emptied BEFORE TRUNCATE ON visitors_receipt
  FOR EACH STATEMENT EXECUTE FUNCTION app.receipts_stand();
CREATE OR REPLACE TRIGGER wording_stands BEFORE UPDATE OR DELETE ON visitors_wording
  FOR EACH ROW EXECUTE FUNCTION app.receipts_stand();
CREATE OR REPLACE TRIGGER wordings_not_emptied BEFORE TRUNCATE ON visitors_wording
  FOR EACH STATEMENT EXECUTE FUNCTION app.receipts_stand();

-- Wishes of all sites that nobody works on: numbers alone, for the post's beat.
CREATE OR REPLACE FUNCTION app.wishes_that_wait() RETURNS TABLE (site_id bigint, wish_id bigint, kind text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT e.site_id, e.id, 'erasure' FROM visitors_contacterasure e
  WHERE (e.lease_until IS NULL OR e.lease_until < now()) AND e.asked_at < now() - interval '20 seconds'
  UNION ALL
  SELECT c.site_id, c.id, 'copy' FROM visitors_contactcopy c
  WHERE c.made_at IS NULL AND c.expires_at > now() AND c.asked_at < now() - interval '2 minutes' $$;
ALTER FUNCTION app.wishes_that_wait() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.wishes_that_wait() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.wishes_that_wait() TO comm100_post;

GRANT SELECT ON visitors_contactcopy, visitors_contacterasure TO comm100_definer;
