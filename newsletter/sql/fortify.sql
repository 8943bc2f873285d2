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
GRANT SELECT ON newsletter_campaign, newsletter_decision TO comm100_definer;

CREATE OR REPLACE FUNCTION app.campaigns_waiting_before(p_campaign bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM newsletter_campaign other, newsletter_campaign mine
  WHERE mine.id = p_campaign AND mine.site_id = app.site_id()
    AND other.state = 2 AND other.submitted_at < mine.submitted_at $$;
ALTER FUNCTION app.campaigns_waiting_before(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.campaigns_waiting_before(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.campaigns_waiting_before(bigint) TO comm100_app;

-- Moderation (P9.4): the queue is numbers and reasons; the content shows to the one who opened it ---
-- What waits: state 2, and what was stopped in flight for its results (state 8 with stopped_at).
CREATE INDEX IF NOT EXISTS campaign_stopped ON newsletter_campaign (site_id, stopped_at) WHERE state = 8 AND stopped_at IS NOT NULL;
DROP FUNCTION IF EXISTS app.moderation_queue();
CREATE FUNCTION app.moderation_queue() RETURNS TABLE (id bigint, site_id bigint, number bigint,
  state smallint, mailing_id bigint, submitted_at timestamptz, stopped_at timestamptz, audience_size bigint,
  triggers jsonb, claimed_by bigint, claimed_until timestamptz, refused_by bigint, mail_kind smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.id, c.site_id, c.number, c.state, c.mailing_id, c.submitted_at, c.stopped_at, c.audience_size,
    c.triggers, c.claimed_by, c.claimed_until, c.refused_by, m.kind
  FROM newsletter_campaign c LEFT JOIN mail_mailing m ON m.site_id = c.site_id AND m.id = c.mailing_id
  WHERE c.state = 2 OR (c.state = 8 AND c.stopped_at IS NOT NULL)
  ORDER BY coalesce(c.stopped_at, c.submitted_at), c.id $$;
ALTER FUNCTION app.moderation_queue() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.moderation_queue() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.moderation_queue() TO comm100_staff;
GRANT UPDATE (claimed_by, claimed_until) ON newsletter_campaign TO comm100_definer;

-- Opening is a grant for that campaign's content alone: claim, grant and journal are one
-- transaction, and the read is another. Answers the grant, or why there is none.
CREATE OR REPLACE FUNCTION app.open_moderation(p_site bigint, p_number bigint, p_minutes int,
  OUT opened bigint, OUT problem text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_staff bigint := app.staff_at_work(); campaign newsletter_campaign;
BEGIN
  SELECT * INTO campaign FROM newsletter_campaign c WHERE c.site_id = p_site AND c.number = p_number
    AND (c.state = 2 OR (c.state = 8 AND c.stopped_at IS NOT NULL)) FOR UPDATE;
  IF campaign.id IS NULL THEN problem := 'not waiting'; RETURN; END IF;
  IF campaign.claimed_until > now() AND campaign.claimed_by <> v_staff THEN problem := 'opened by another'; RETURN; END IF;
  IF campaign.refused_by = v_staff THEN problem := 'refused by you'; RETURN; END IF;
  IF campaign.claimed_until > now() THEN
    SELECT max(g.id) INTO opened FROM privacy_accessgrant g WHERE g.site_id = p_site AND g.staff_id = v_staff
      AND g.purpose = 'newsletter_moderation' AND g.reference = 'campaign ' || p_number AND g.ended_at IS NULL AND g.expires_at > now();
    IF opened IS NOT NULL THEN RETURN; END IF;
  END IF;
  UPDATE newsletter_campaign SET claimed_by = v_staff, claimed_until = now() + make_interval(mins => p_minutes)
  WHERE newsletter_campaign.id = campaign.id;
  INSERT INTO privacy_accessgrant (site_id, public_id, staff_id, purpose, reason, reference, minutes, opened_at,
    needs_second, needs_site, active_from, expires_at, ended_by, objection)
  VALUES (p_site, gen_random_uuid(), v_staff, 'newsletter_moderation', 'A moderator decides whether this campaign is sent.',
    'campaign ' || p_number, p_minutes, now(), false, false, now(), now() + make_interval(mins => p_minutes), '', '')
  RETURNING id INTO opened;
  PERFORM app.journal_write(p_site, 'staff:' || v_staff, 'moderation.opened', 'newsletter_campaign', campaign.id::text,
    jsonb_build_object('grant', opened, 'purpose', 'newsletter_moderation', 'number', p_number, 'minutes', p_minutes,
      'fields', ARRAY['subject', 'content', 'links']));
END $$;
ALTER FUNCTION app.open_moderation(bigint, bigint, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.open_moderation(bigint, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.open_moderation(bigint, bigint, int) TO comm100_staff;

-- Decided, put back or edited: the grants for its content end (the site in context).
CREATE OR REPLACE FUNCTION app.close_moderation(p_number bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE privacy_accessgrant SET ended_at = now(), ended_by = 'staff:' || staff_id
  WHERE site_id = app.site_id() AND purpose = 'newsletter_moderation' AND reference = 'campaign ' || p_number
    AND ended_at IS NULL AND expires_at > now() $$;
ALTER FUNCTION app.close_moderation(bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.close_moderation(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.close_moderation(bigint) TO comm100_app;

-- The waiting campaigns whose opening this staff member committed before, under a grant that holds.
CREATE OR REPLACE FUNCTION app.opened_campaigns() RETURNS TABLE (campaign_id bigint, mailing_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.id, c.mailing_id FROM privacy_accessgrant g
  JOIN core_journalentry v ON v.site_id = g.site_id AND v.grant_id = g.id
    AND v.object_table = 'newsletter_campaign' AND v.action = 'moderation.opened'
  JOIN newsletter_campaign c ON c.site_id = g.site_id AND c.id = v.object_id::bigint
  WHERE g.staff_id = app.staff_id() AND g.purpose = 'newsletter_moderation' AND g.ended_at IS NULL
    AND g.expires_at > clock_timestamp() AND v.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
    AND (c.state = 2 OR (c.state = 8 AND c.stopped_at IS NOT NULL))
    AND c.claimed_by = g.staff_id AND c.claimed_until > clock_timestamp() $$;
ALTER FUNCTION app.opened_campaigns() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.opened_campaigns() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.opened_campaigns() TO comm100_staff;
DROP POLICY IF EXISTS moderation ON newsletter_campaign;
CREATE POLICY moderation ON newsletter_campaign FOR SELECT TO comm100_staff
  USING (id = ANY (ARRAY(SELECT campaign_id FROM app.opened_campaigns())));
DROP POLICY IF EXISTS moderation ON mail_mailing;
CREATE POLICY moderation ON mail_mailing FOR SELECT TO comm100_staff
  USING (id = ANY (ARRAY(SELECT mailing_id FROM app.opened_campaigns())));
DROP POLICY IF EXISTS moderation ON newsletter_decision;
CREATE POLICY moderation ON newsletter_decision FOR SELECT TO comm100_staff
  USING (campaign_id = ANY (ARRAY(SELECT campaign_id FROM app.opened_campaigns())));

-- Which campaigns of all sites are due (scheduled, state 6), wait for a lost wake-up (sending or
-- testing, states 7 and 11, with a mailing that is filling, state 2), or have a test whose hours
-- are over: ids only ------------------------------------------------------------------------
DROP INDEX IF EXISTS campaign_scheduled;
CREATE INDEX IF NOT EXISTS campaign_starting ON newsletter_campaign (site_id, starts_at) WHERE state = 6;
CREATE INDEX IF NOT EXISTS campaign_sending ON newsletter_campaign (site_id, mailing_id) WHERE state = 7;
CREATE INDEX IF NOT EXISTS campaign_testing ON newsletter_campaign (site_id, decide_at) WHERE state = 11;
GRANT SELECT (id, site_id, state, turn_at) ON mail_mailing TO comm100_definer;

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
    WHERE m.site_id = c.site_id AND m.state = 2 AND m.turn_at < now() - interval '10 seconds' AND (m.id IN (c.mailing_id, c.rest_id)
      OR m.id IN (SELECT v.mailing_id FROM newsletter_variant v
        WHERE v.site_id = c.site_id AND v.campaign_id = c.id))) LIMIT 1000 $$;
GRANT SELECT ON newsletter_variant TO comm100_definer;
ALTER FUNCTION app.campaigns_half_filled() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.campaigns_half_filled() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.campaigns_half_filled() TO comm100_app;

CREATE INDEX IF NOT EXISTS list_half_filled ON newsletter_newsletterlist (site_id, id) WHERE adding ->> 'over' = 'false';
CREATE OR REPLACE FUNCTION app.lists_half_filled() RETURNS TABLE (site_id bigint, list_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT l.site_id, l.id FROM newsletter_newsletterlist l WHERE l.adding ->> 'over' = 'false' AND l.removed_at IS NULL
    AND (l.adding ->> 'at')::timestamptz < now() - interval '10 seconds' LIMIT 1000 $$;
ALTER FUNCTION app.lists_half_filled() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.lists_half_filled() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.lists_half_filled() TO comm100_app;

CREATE OR REPLACE FUNCTION app.tests_due() RETURNS TABLE (site_id bigint, campaign_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.site_id, c.id FROM newsletter_campaign c
  WHERE c.state = 11 AND c.decide_at <= now() LIMIT 1000 $$;
ALTER FUNCTION app.tests_due() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.tests_due() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tests_due() TO comm100_app;

-- Who asked for a list and never confirmed it: newsletter/retention.py ---------------------------
CREATE INDEX IF NOT EXISTS subscriber_pending ON newsletter_subscriber (site_id, requested_at) WHERE state = 1;
GRANT SELECT ON newsletter_subscriber TO comm100_definer;

DROP FUNCTION IF EXISTS app.sites_with_unconfirmed(int);

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

-- Sites that are not trusted yet, whose last decisions were all approvals by staff, and of whose
-- mails few came back: counts, for the moderator who confirms it ---------------------------------
CREATE OR REPLACE FUNCTION app.trust_rows(p_site bigint, p_after int) RETURNS TABLE (site_id bigint, campaigns bigint,
  tried bigint, bounced bigint, complained bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.id, said.n, coalesce(sums.tried, 0)::bigint, coalesce(sums.bounced, 0)::bigint, coalesce(sums.complained, 0)::bigint
  FROM accounts_site s
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE d.verdict = 1) AS n,
      (array_agg(d.verdict ORDER BY d.at DESC, d.id DESC))[1:p_after] AS last
    FROM newsletter_decision d WHERE d.site_id = s.id AND d.staff_id IS NOT NULL) said
  CROSS JOIN LATERAL (SELECT sum(m.sent + m.failed) AS tried, sum(m.bounced) AS bounced, sum(m.complained) AS complained
    FROM mail_mailing m WHERE m.site_id = s.id AND m.started_at IS NOT NULL) sums
  WHERE (p_site IS NULL OR s.id = p_site) AND s.standing = 1 AND NOT s.is_company AND cardinality(said.last) = p_after AND 1 = ALL (said.last)
    AND coalesce(sums.bounced, 0) * 50 <= coalesce(sums.tried, 0)
    AND coalesce(sums.complained, 0) * 2000 <= coalesce(sums.tried, 0)
    AND NOT EXISTS (SELECT 1 FROM newsletter_campaign c WHERE c.site_id = s.id AND c.state = 8 AND c.stopped_at IS NOT NULL)
  ORDER BY s.id LIMIT 100 $$;
GRANT SELECT (id, site_id, state, started_at, complained) ON mail_mailing TO comm100_definer;
ALTER FUNCTION app.trust_rows(bigint, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.trust_rows(bigint, int) FROM PUBLIC;

CREATE OR REPLACE FUNCTION app.trust_candidates(p_after int) RETURNS TABLE (site_id bigint, campaigns bigint,
  tried bigint, bounced bigint, complained bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM app.trust_rows(NULL, p_after) $$;
ALTER FUNCTION app.trust_candidates(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.trust_candidates(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.trust_candidates(int) TO comm100_staff;

-- The same of the site in context alone, with what this transaction decided.
CREATE OR REPLACE FUNCTION app.trust_evidence(p_after int) RETURNS TABLE (site_id bigint, campaigns bigint,
  tried bigint, bounced bigint, complained bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM app.trust_rows(coalesce(app.site_id(), 0), p_after) $$;
ALTER FUNCTION app.trust_evidence(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.trust_evidence(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.trust_evidence(int) TO comm100_app;

-- Moderation in numbers, by day over all sites ---------------------------------------------------
CREATE OR REPLACE FUNCTION app.moderation_figures(p_days int) RETURNS TABLE (day date, approved bigint, changes bigint,
  rejected bigint, passed bigint, reversed bigint, appeals bigint, median bigint, longest bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (d.at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE d.verdict = 1), count(*) FILTER (WHERE d.verdict = 2),
    count(*) FILTER (WHERE d.verdict = 3), count(*) FILTER (WHERE d.verdict = 4), count(*) FILTER (WHERE d.is_reversal),
    count(*) FILTER (WHERE d.is_appeal),
    coalesce(round(percentile_cont(0.5) WITHIN GROUP (ORDER BY d.waited) FILTER (WHERE d.verdict < 4) / 60), 0)::bigint,
    coalesce(round(max(d.waited) FILTER (WHERE d.verdict < 4) / 60.0), 0)::bigint
  FROM newsletter_decision d
  WHERE d.at > (now() AT TIME ZONE 'UTC')::date - p_days GROUP BY 1 ORDER BY 1 $$;
ALTER FUNCTION app.moderation_figures(int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.moderation_figures(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.moderation_figures(int) TO comm100_staff;
