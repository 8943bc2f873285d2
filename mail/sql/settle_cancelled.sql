-- The waiting rows of cancelled mailings, a chunk at a time, so that their totals add up.
WITH waiting AS (
  SELECT o.id FROM mail_outbox o JOIN mail_mailing m ON m.id = o.mailing_id AND m.site_id = o.site_id
  WHERE m.state = %(mailing_cancelled)s AND o.lane = %(marketing)s
    AND o.state IN (%(ready)s, %(retry)s)
  LIMIT 10000 FOR UPDATE OF o SKIP LOCKED
),
settled AS (
  UPDATE mail_outbox o SET state = %(cancelled)s, settled_at = now(), merge = NULL
  FROM waiting WHERE o.id = waiting.id RETURNING o.mailing_id
),
counted AS (
  UPDATE mail_mailing m SET cancelled = m.cancelled + t.n
  FROM (SELECT mailing_id, count(*) AS n FROM settled GROUP BY 1) t WHERE m.id = t.mailing_id
)
SELECT count(*) FROM settled
