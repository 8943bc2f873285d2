-- Search through contacts past row-level security, the count of contacts, imports that stand still.

-- Contacts of the site in context whose name or e-mail holds `query`, at most `most` of them.
-- Row-level security keeps LIKE from every index, hence a definer function that filters itself.
-- 1. The newest 3,000 answer for words that many have ("gmail"), and wholly for small sites.
-- 2. Blocks all over the site tell whether the word is common there; then they answer.
--    OFFSET 0 keeps the planner from asking the trigram index once for each block.
-- 3. Otherwise the word is rare, and the trigram index finds all of it quickly. One or two
--    letters make no trigram in the middle of a word, so there they match beginnings of words;
--    signs alone make none at all.
CREATE OR REPLACE FUNCTION app.search_contacts(query text, most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  v_site bigint := app.site_id();
  word text := regexp_replace(replace(replace(replace(lower(btrim(query)), '\', '\\'), '%', '\%'), '_', '\_'), '\s+', '%', 'g');
  short boolean := length(btrim(query)) < 3;
  pattern text := CASE WHEN short THEN word || '%' ELSE '%' || word || '%' END;
  inner_pattern text := CASE WHEN short THEN '% ' || word || '%' ELSE pattern END;
  seen int; found bigint[]; sampled bigint[]; last_number bigint; step bigint;
BEGIN
  IF v_site IS NULL OR word = '' THEN RETURN ARRAY[]::bigint[]; END IF;
  SELECT count(*), array_agg(id ORDER BY id DESC) FILTER (WHERE hit) INTO seen, found FROM (
    SELECT id, search_text LIKE pattern OR search_text LIKE inner_pattern AS hit
    FROM visitors_contact WHERE site_id = v_site ORDER BY id DESC LIMIT 3000) newest;
  found := coalesce(found[1:most], ARRAY[]::bigint[]);
  IF seen < 3000 OR cardinality(found) >= most THEN RETURN found; END IF;

  SELECT number INTO last_number FROM visitors_contact WHERE site_id = v_site ORDER BY number DESC LIMIT 1;
  step := greatest(last_number / 50, 1);
  SELECT array_agg(id) INTO sampled FROM generate_series(1, last_number, step) AS start
    CROSS JOIN LATERAL (SELECT id, search_text FROM visitors_contact
      WHERE site_id = v_site AND number >= start AND number < start + 50 OFFSET 0) block
    WHERE search_text LIKE pattern OR search_text LIKE inner_pattern;
  IF cardinality(sampled) > 25 OR left(word, 1) !~ '[[:alnum:]]' AND short THEN
    RETURN ARRAY(SELECT DISTINCT unnest(found || sampled) AS id ORDER BY id DESC LIMIT most);
  END IF;

  IF short THEN
    sampled := ARRAY(SELECT id FROM visitors_contact WHERE site_id = v_site
      AND (search_text LIKE pattern OR search_text LIKE inner_pattern) LIMIT most);
  ELSE
    sampled := ARRAY(SELECT id FROM visitors_contact WHERE site_id = v_site
      AND search_text LIKE pattern LIMIT most);
  END IF;
  RETURN ARRAY(SELECT DISTINCT unnest(found || sampled) AS id ORDER BY id DESC LIMIT most);
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

-- Uploads that nobody started within a week, and files whose import ended long ago.
CREATE OR REPLACE FUNCTION app.abandoned_imports() RETURNS TABLE (site_id bigint, import_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.site_id, i.id FROM visitors_import i
  WHERE i.stored_as <> '' AND i.state <> 2 AND i.created_at < now() - interval '7 days' $$;
ALTER FUNCTION app.abandoned_imports() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.abandoned_imports() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.abandoned_imports() TO comm100_post;
GRANT SELECT ON visitors_import TO comm100_definer;
