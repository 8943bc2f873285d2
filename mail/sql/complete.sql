-- What became of a batch, fenced by the token of its lease, with the counters in the same transaction.
-- Rows are found by their ids. The planner, left alone, takes the token for the way to the one row
-- that it expects, reads the whole table for it, and compares each outcome with each row.
SET LOCAL enable_seqscan = off;
WITH outcome AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(states)s::int[], %(codes)s::int[], %(replies)s::text[],
    %(waits)s::float8[], %(bounced)s::bool[], %(gone)s::bool[]) AS t (id, state, code, reply, wait, bounced, gone)
),
done AS (
  UPDATE mail_outbox o SET state = t.state,
    smtp_code = coalesce(t.code, o.smtp_code), smtp_reply = coalesce(t.reply, o.smtp_reply),
    lease_token = NULL, lease_until = NULL,
    not_before = CASE WHEN t.wait > 0 THEN now() + make_interval(secs => t.wait) ELSE o.not_before END,
    attempts = CASE WHEN t.state = %(ready)s THEN o.attempts - 1 ELSE o.attempts END,
    settled_at = CASE WHEN t.state IN (%(ready)s, %(retry)s) THEN NULL ELSE now() END,
    content = CASE WHEN t.state IN (%(sent)s, %(failed)s) THEN NULL ELSE o.content END
  FROM outcome t
  WHERE o.id = t.id AND o.id = ANY(%(ids)s::bigint[])
    AND CASE WHEN o.lease_token = %(token)s::uuid THEN true END  -- who has the token has it in flight
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address_hash, o.state, t.bounced, t.gone
),
counted AS MATERIALIZED (
  SELECT app.count_mailing(site_id, mailing_id,
    sent => count(*) FILTER (WHERE state = %(sent)s),
    failed => count(*) FILTER (WHERE state = %(failed)s),
    unknown => count(*) FILTER (WHERE state = %(unknown)s),
    bounced => count(*) FILTER (WHERE bounced))
  FROM done WHERE mailing_id IS NOT NULL GROUP BY site_id, mailing_id
),
suppressed AS (
  INSERT INTO mail_suppression (site_id, address_hash, contact_id, reason, mailing_id, at)
  SELECT DISTINCT ON (site_id, address_hash) site_id, address_hash, contact_id, %(hard_bounce)s,
    mailing_id, now() FROM done WHERE gone
  ON CONFLICT (site_id, address_hash) DO UPDATE SET reason = EXCLUDED.reason
)
SELECT id FROM done WHERE bounced AND (SELECT count(*) FROM counted) >= 0  -- so that it runs
