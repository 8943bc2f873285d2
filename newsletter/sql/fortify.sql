-- Newsletter: counters that the database keeps, and the few looks past the wall.
-- Run by `manage prepare` after the tables are fortified; idempotent.

-- NewsletterList.subscribed: one UPDATE a statement, however many rows it moved ----------
GRANT SELECT, UPDATE (subscribed) ON newsletter_newsletterlist TO comm100_definer;

CREATE OR REPLACE FUNCTION app.count_subscribers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE newsletter_newsletterlist l SET subscribed = l.subscribed + moved.n FROM (
      SELECT list_id, count(*) AS n FROM new_rows WHERE state = 2 GROUP BY list_id) moved
    WHERE l.id = moved.list_id;
  ELSIF TG_OP = 'DELETE' THEN
    UPDATE newsletter_newsletterlist l SET subscribed = l.subscribed - moved.n FROM (
      SELECT list_id, count(*) AS n FROM old_rows WHERE state = 2 GROUP BY list_id) moved
    WHERE l.id = moved.list_id;
  ELSE
    UPDATE newsletter_newsletterlist l SET subscribed = l.subscribed + moved.n FROM (
      SELECT list_id, sum(n) AS n FROM (
        SELECT list_id, 1 AS n FROM new_rows WHERE state = 2
        UNION ALL SELECT list_id, -1 FROM old_rows WHERE state = 2) both_sides
      GROUP BY list_id HAVING sum(n) <> 0) moved
    WHERE l.id = moved.list_id;
  END IF;
  RETURN NULL;
END $$;
ALTER FUNCTION app.count_subscribers() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.count_subscribers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.count_subscribers() TO comm100_app;

CREATE OR REPLACE TRIGGER subscribers_added AFTER INSERT ON newsletter_subscriber
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION app.count_subscribers();
CREATE OR REPLACE TRIGGER subscribers_removed AFTER DELETE ON newsletter_subscriber
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION app.count_subscribers();
CREATE OR REPLACE TRIGGER subscribers_moved AFTER UPDATE ON newsletter_subscriber
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION app.count_subscribers();

-- How many campaigns of all sites wait longer than this one of the site in context --------
CREATE INDEX IF NOT EXISTS campaign_waiting ON newsletter_campaign (site_id, submitted_at) WHERE state = 2;
GRANT SELECT ON newsletter_campaign TO comm100_definer;

CREATE OR REPLACE FUNCTION app.campaigns_waiting_before(p_campaign bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM newsletter_campaign other, newsletter_campaign mine
  WHERE mine.id = p_campaign AND mine.site_id = app.site_id()
    AND other.state = 2 AND other.submitted_at < mine.submitted_at $$;
ALTER FUNCTION app.campaigns_waiting_before(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.campaigns_waiting_before(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.campaigns_waiting_before(bigint) TO comm100_app;

-- Moderation (P9.4): the content of a waiting campaign, for the one moderator who opened it --
-- Opening writes the claim and the journal entry in one transaction; comm100_staff reads in
-- another, so nothing is read that was not logged before. Recipients are only a count.
GRANT SELECT (id, site_id, content, content_hash, recipient_cap) ON mail_mailing TO comm100_staff;
DROP POLICY IF EXISTS moderation ON mail_mailing;
CREATE POLICY moderation ON mail_mailing FOR SELECT TO comm100_staff USING (id IN (
  SELECT mailing_id FROM newsletter_campaign
  WHERE state = 2 AND claimed_by = (SELECT app.user_id()) AND claimed_until > now()));
GRANT SELECT ON newsletter_decision TO comm100_staff;
DROP POLICY IF EXISTS moderation ON newsletter_decision;
CREATE POLICY moderation ON newsletter_decision FOR SELECT TO comm100_staff USING (campaign_id IN (
  SELECT id FROM newsletter_campaign
  WHERE state = 2 AND claimed_by = (SELECT app.user_id()) AND claimed_until > now()));

-- Which campaigns of all sites are due (scheduled, state 6), wait for a lost wake-up (sending or
-- testing, states 7 and 11, with a mailing that is filling, state 2), or have a test whose hours
-- are over: ids only ------------------------------------------------------------------------
DROP INDEX IF EXISTS campaign_scheduled;
CREATE INDEX IF NOT EXISTS campaign_starting ON newsletter_campaign (site_id, starts_at) WHERE state = 6;
CREATE INDEX IF NOT EXISTS campaign_sending ON newsletter_campaign (site_id, mailing_id) WHERE state = 7;
CREATE INDEX IF NOT EXISTS campaign_testing ON newsletter_campaign (site_id, decide_at) WHERE state = 11;
GRANT SELECT (id, site_id, state) ON mail_mailing TO comm100_definer;

CREATE OR REPLACE FUNCTION app.campaigns_due() RETURNS TABLE (site_id bigint, campaign_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.site_id, c.id FROM newsletter_campaign c
  WHERE c.state = 6 AND c.starts_at <= now() LIMIT 1000 $$;
ALTER FUNCTION app.campaigns_due() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.campaigns_due() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.campaigns_due() TO comm100_app;

CREATE OR REPLACE FUNCTION app.campaigns_half_filled() RETURNS TABLE (site_id bigint, campaign_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.site_id, c.id FROM newsletter_campaign c
  WHERE (c.state = 7 OR c.state = 11) AND EXISTS (SELECT 1 FROM mail_mailing m
    WHERE m.site_id = c.site_id AND m.state = 2 AND (m.id IN (c.mailing_id, c.rest_id)
      OR m.id IN (SELECT v.mailing_id FROM newsletter_variant v
        WHERE v.site_id = c.site_id AND v.campaign_id = c.id))) LIMIT 1000 $$;
GRANT SELECT ON newsletter_variant TO comm100_definer;
ALTER FUNCTION app.campaigns_half_filled() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.campaigns_half_filled() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.campaigns_half_filled() TO comm100_app;

CREATE OR REPLACE FUNCTION app.tests_due() RETURNS TABLE (site_id bigint, campaign_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.site_id, c.id FROM newsletter_campaign c
  WHERE c.state = 11 AND c.decide_at <= now() LIMIT 1000 $$;
ALTER FUNCTION app.tests_due() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.tests_due() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tests_due() TO comm100_app;

-- Sites where people asked for a list and never confirmed, longer ago than that -----------------
CREATE INDEX IF NOT EXISTS subscriber_pending ON newsletter_subscriber (site_id, requested_at) WHERE state = 1;
GRANT SELECT ON newsletter_subscriber TO comm100_definer;

CREATE OR REPLACE FUNCTION app.sites_with_unconfirmed(p_days int) RETURNS TABLE (site_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT s.site_id FROM newsletter_subscriber s
  WHERE s.state = 1 AND s.requested_at < now() - make_interval(days => p_days) $$;
ALTER FUNCTION app.sites_with_unconfirmed(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.sites_with_unconfirmed(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.sites_with_unconfirmed(int) TO comm100_app;

-- What servers said about deliveries of the site in context, by code, by words, by domain --------
-- No index serves LIKE under the wall, and an index on replies would cost every mail: so the newest
-- 20,000 rows of each mailing and state are read. `reached`: the row from which to go on when
-- there are older ones, NULL when all were read.
CREATE OR REPLACE FUNCTION app.search_deliveries(p_mailings bigint[], p_states smallint[],
  p_code int, p_words text, p_domain text, p_before bigint, p_most int)
RETURNS TABLE (found bigint[], reached bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
  WITH scanned AS MATERIALIZED (
    SELECT part.id AS mailing_id, wanted.state, near.*
    FROM unnest(p_mailings) AS part (id) CROSS JOIN unnest(p_states) AS wanted (state)
    CROSS JOIN LATERAL (
      SELECT o.id, o.smtp_code, o.smtp_reply, o.address FROM mail_outbox o
      WHERE o.site_id = app.site_id() AND o.mailing_id = part.id AND o.state = wanted.state
        AND o.id < p_before
      ORDER BY o.id DESC LIMIT 20000) near),
  cut AS (
    SELECT max(last) AS id FROM (SELECT min(id) AS last FROM scanned
      GROUP BY mailing_id, state HAVING count(*) = 20000) ends)
  SELECT ARRAY(
    SELECT s.id FROM scanned s WHERE s.id >= coalesce((SELECT id FROM cut), 0)
      AND (p_code IS NULL OR s.smtp_code = p_code)
      AND (p_words = '' OR strpos(lower(s.smtp_reply), lower(p_words)) > 0)
      AND (p_domain = '' OR lower(split_part(s.address, '@', 2)) = p_domain)
    ORDER BY s.id DESC LIMIT p_most), (SELECT id FROM cut) $$;
ALTER FUNCTION app.search_deliveries(bigint[], smallint[], int, text, text, bigint, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.search_deliveries(bigint[], smallint[], int, text, text, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.search_deliveries(bigint[], smallint[], int, text, text, bigint, int) TO comm100_app;
