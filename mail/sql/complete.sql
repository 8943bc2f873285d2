-- What became of a batch, fenced by the token of its lease, with the counters in the same transaction.
WITH outcome AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(states)s::int[], %(codes)s::int[], %(replies)s::text[],
    %(waits)s::float8[], %(bounced)s::bool[], %(gone)s::bool[]) AS t (id, state, code, reply, wait, bounced, gone)
),
done AS (
  UPDATE mail_outbox o SET state = t.state,
    smtp_code = coalesce(t.code, o.smtp_code), smtp_reply = coalesce(t.reply, o.smtp_reply),
    lease_token = NULL, lease_until = NULL,
    not_before = CASE WHEN t.state = %(retry)s THEN now() + make_interval(secs => t.wait) ELSE o.not_before END,
    attempts = CASE WHEN t.state = %(ready)s THEN o.attempts - 1 ELSE o.attempts END,
    settled_at = CASE WHEN t.state IN (%(ready)s, %(retry)s) THEN NULL ELSE now() END,
    merge = CASE WHEN t.state IN (%(sent)s, %(failed)s) THEN NULL ELSE o.merge END,
    content = CASE WHEN t.state IN (%(sent)s, %(failed)s) THEN NULL ELSE o.content END
  FROM outcome t
  WHERE o.id = t.id AND o.lease_token = %(token)s::uuid AND o.state IN (%(claimed)s, %(inflight)s)
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address_hash, o.state, t.bounced, t.gone
),
tally AS (
  SELECT site_id, mailing_id,
    count(*) FILTER (WHERE state = %(sent)s) AS sent,
    count(*) FILTER (WHERE state = %(failed)s) AS failed,
    count(*) FILTER (WHERE state = %(unknown)s) AS unknown,
    count(*) FILTER (WHERE bounced) AS bounced
  FROM done WHERE mailing_id IS NOT NULL GROUP BY site_id, mailing_id
),
counted AS (
  UPDATE mail_mailing m SET sent = m.sent + t.sent, failed = m.failed + t.failed,
    unknown = m.unknown + t.unknown, bounced = m.bounced + t.bounced
  FROM tally t WHERE m.id = t.mailing_id
),
plotted AS (
  INSERT INTO mail_mailinghour AS h
    (site_id, mailing_id, hour, sent, failed, bounced, unsubscribed, opened, clicked)
  SELECT site_id, mailing_id, date_trunc('hour', now()), sent, failed, bounced, 0, 0, 0
  FROM tally WHERE sent + failed + bounced > 0
  ON CONFLICT (site_id, mailing_id, hour) DO UPDATE SET sent = h.sent + EXCLUDED.sent,
    failed = h.failed + EXCLUDED.failed, bounced = h.bounced + EXCLUDED.bounced
),
suppressed AS (
  INSERT INTO mail_suppression (site_id, address_hash, contact_id, reason, mailing_id, at)
  SELECT DISTINCT ON (site_id, address_hash) site_id, address_hash, contact_id, %(hard_bounce)s,
    mailing_id, now() FROM done WHERE gone
  ON CONFLICT (site_id, address_hash) DO UPDATE SET reason = EXCLUDED.reason
)
SELECT id FROM done WHERE bounced
