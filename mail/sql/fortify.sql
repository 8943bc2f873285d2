-- What mail needs past the wall; run by `manage prepare`, idempotent.

-- Every Django mail comes through here, under any context: a stranger who signs up has no site.
-- Then it is the company's mail. Answers the site, and the row unless the key was used before.
DROP FUNCTION IF EXISTS app.enqueue_mail(text, bytea, text, bytea, text);
CREATE OR REPLACE FUNCTION app.enqueue_mail(p_address text, p_hash bytea, p_message_id text,
  p_content bytea, p_key text, p_circular text) RETURNS TABLE (site_id bigint, id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_site bigint := app.site_id(); v_row bigint;
BEGIN
  IF v_site IS NULL THEN SELECT s.id INTO v_site FROM accounts_site s WHERE s.is_company; END IF;
  IF v_site IS NULL THEN
    RAISE EXCEPTION 'mail needs a site, and the company has none yet' USING hint = 'Run: manage prepare';
  END IF;
  INSERT INTO mail_outbox AS o (site_id, lane, address, address_hash, domain_bucket, content, state,
    attempts, not_before, smtp_reply, message_id, idempotency_key, circular, created_at)
  VALUES (v_site, 1, p_address, p_hash, hashtext(lower(split_part(p_address, '@', 2))) & 1023,
    p_content, 1, 0, now(), '', p_message_id, p_key, p_circular, now())
  ON CONFLICT (site_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING o.id INTO v_row;
  RETURN QUERY SELECT v_site, v_row;
END $$;
ALTER FUNCTION app.enqueue_mail(text, bytea, text, bytea, text, text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.enqueue_mail(text, bytea, text, bytea, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.enqueue_mail(text, bytea, text, bytea, text, text) TO comm100_app;
GRANT SELECT, INSERT ON mail_outbox TO comm100_definer;
GRANT SELECT ON accounts_site TO comm100_definer;
GRANT USAGE ON SEQUENCE mail_outbox_id_seq TO comm100_definer;

-- What a mailing's mails say of their contacts, for rows that wait to leave: read when they leave,
-- so nothing of a contact stands twice, and who was removed or renamed is so in the mail, too.
CREATE OR REPLACE FUNCTION app.merge_facts(p_rows bigint[]) RETURNS TABLE (row_id bigint, facts text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = public, pg_temp AS $$
  SELECT o.id, jsonb_build_object('name', c.name, 'fields', c.fields)::text
  FROM mail_outbox o JOIN visitors_contact c ON c.site_id = o.site_id AND c.id = o.contact_id
  WHERE o.id = ANY(p_rows) AND o.state IN (1, 5) $$;
ALTER FUNCTION app.merge_facts(bigint[]) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.merge_facts(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.merge_facts(bigint[]) TO comm100_post;
GRANT SELECT (id, site_id, name, fields) ON visitors_contact TO comm100_definer;

-- Counters of a mailing: its totals and the hour of the plot, or, while somebody else counts, a
-- shard beside them, which the sweep adds up (add_up.sql). So nobody waits for a counter, and
-- whoever reads totals reads one row.
CREATE OR REPLACE FUNCTION app.count_mailing(p_site bigint, p_mailing bigint, sent bigint DEFAULT 0,
  failed bigint DEFAULT 0, suppressed bigint DEFAULT 0, unknown bigint DEFAULT 0,
  cancelled bigint DEFAULT 0, bounced bigint DEFAULT 0, unsubscribed bigint DEFAULT 0,
  opened bigint DEFAULT 0, clicked bigint DEFAULT 0) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF session_user <> 'comm100_post' AND p_site IS DISTINCT FROM app.site_id() THEN
    RAISE EXCEPTION 'this mailing is of another site' USING errcode = 'insufficient_privilege';
  END IF;
  PERFORM 1 FROM mail_mailing m WHERE m.id = p_mailing AND m.site_id = p_site
    FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    INSERT INTO mail_mailingshard AS s (site_id, mailing_id, hour, shard, sent, failed, suppressed,
      unknown, cancelled, bounced, unsubscribed, opened, clicked)
    SELECT p_site, p_mailing, date_trunc('hour', now()), pg_backend_pid() % 16, sent, failed,
      suppressed, unknown, cancelled, bounced, unsubscribed, opened, clicked
    FROM mail_mailing m WHERE m.id = p_mailing AND m.site_id = p_site
    ON CONFLICT ON CONSTRAINT mailing_shard_once DO UPDATE SET sent = s.sent + EXCLUDED.sent,
      failed = s.failed + EXCLUDED.failed, suppressed = s.suppressed + EXCLUDED.suppressed,
      unknown = s.unknown + EXCLUDED.unknown, cancelled = s.cancelled + EXCLUDED.cancelled,
      bounced = s.bounced + EXCLUDED.bounced, clicked = s.clicked + EXCLUDED.clicked,
      unsubscribed = s.unsubscribed + EXCLUDED.unsubscribed, opened = s.opened + EXCLUDED.opened;
    RETURN false;
  END IF;
  UPDATE mail_mailing m SET sent = m.sent + count_mailing.sent, failed = m.failed + count_mailing.failed,
    suppressed = m.suppressed + count_mailing.suppressed, unknown = m.unknown + count_mailing.unknown,
    cancelled = m.cancelled + count_mailing.cancelled, bounced = m.bounced + count_mailing.bounced,
    unsubscribed = m.unsubscribed + count_mailing.unsubscribed,
    opened = m.opened + count_mailing.opened, clicked = m.clicked + count_mailing.clicked
  WHERE m.id = p_mailing;
  IF sent + failed + bounced + unsubscribed + opened + clicked > 0 THEN
    INSERT INTO mail_mailinghour AS h
      (site_id, mailing_id, hour, sent, failed, bounced, unsubscribed, opened, clicked)
    VALUES (p_site, p_mailing, date_trunc('hour', now()), sent, failed, bounced, unsubscribed, opened, clicked)
    ON CONFLICT ON CONSTRAINT mailing_hour_once DO UPDATE SET sent = h.sent + EXCLUDED.sent,
      failed = h.failed + EXCLUDED.failed, bounced = h.bounced + EXCLUDED.bounced,
      unsubscribed = h.unsubscribed + EXCLUDED.unsubscribed, opened = h.opened + EXCLUDED.opened,
      clicked = h.clicked + EXCLUDED.clicked;
  END IF;
  RETURN true;
END $$;
ALTER FUNCTION app.count_mailing OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.count_mailing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.count_mailing TO comm100_app, comm100_post;
GRANT SELECT, UPDATE (sent, failed, suppressed, unknown, cancelled, bounced, unsubscribed, opened, clicked)
  ON mail_mailing TO comm100_definer;
GRANT SELECT, INSERT, UPDATE ON mail_mailinghour, mail_mailingshard TO comm100_definer;
GRANT USAGE ON SEQUENCE mail_mailinghour_id_seq, mail_mailingshard_id_seq TO comm100_definer;

-- Since when a domain of the site in context is being warmed up, and how much of its day is used up
-- (mail/warming.py); no row before its first mailing. The pace itself is kept by the post, for all sites.
CREATE OR REPLACE FUNCTION app.pace_of_domain(p_domain text) RETURNS TABLE (since timestamptz, next_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p.since, p.next_at FROM mail_pace p WHERE p.key = 'from:' || p_domain AND EXISTS (
    SELECT 1 FROM mail_sendingdomain d WHERE d.site_id = app.site_id() AND d.name = p_domain) $$;
ALTER FUNCTION app.pace_of_domain(text) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.pace_of_domain(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.pace_of_domain(text) TO comm100_app;
GRANT SELECT (key, since, next_at) ON mail_pace TO comm100_definer;
GRANT SELECT (site_id, name) ON mail_sendingdomain TO comm100_definer;
