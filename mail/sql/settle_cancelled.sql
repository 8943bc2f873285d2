-- The waiting rows of cancelled mailings, a chunk at a time, so that their totals add up.
WITH waiting AS (
  SELECT o.id FROM mail_outbox o JOIN mail_mailing m ON m.id = o.mailing_id AND m.site_id = o.site_id
  WHERE m.state = %(mailing_cancelled)s AND o.lane = %(marketing)s
    AND o.state IN (%(ready)s, %(retry)s)
  LIMIT 10000 FOR UPDATE OF o SKIP LOCKED
),
settled AS (
  UPDATE mail_outbox o SET state = %(cancelled)s, settled_at = now()
  FROM waiting WHERE o.id = waiting.id RETURNING o.site_id, o.mailing_id
),
counted AS MATERIALIZED (
  SELECT app.count_mailing(site_id, mailing_id, cancelled => count(*))
  FROM settled GROUP BY site_id, mailing_id
)
SELECT count(*), (SELECT count(*) FROM counted) FROM settled
