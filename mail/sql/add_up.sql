-- Counts that went into shards because their mailing was busy move into its totals and hours.
WITH free AS (
  SELECT m.id, m.site_id FROM mail_mailing m
  WHERE m.id IN (SELECT mailing_id FROM mail_mailingshard) FOR NO KEY UPDATE SKIP LOCKED
),
picked AS (
  SELECT s.id FROM mail_mailingshard s JOIN free ON free.id = s.mailing_id
  FOR UPDATE OF s SKIP LOCKED
),
moved AS (
  DELETE FROM mail_mailingshard s USING picked WHERE s.id = picked.id RETURNING s.*
),
totals AS (
  UPDATE mail_mailing m SET sent = m.sent + t.sent, failed = m.failed + t.failed,
    suppressed = m.suppressed + t.suppressed, unknown = m.unknown + t.unknown,
    cancelled = m.cancelled + t.cancelled, bounced = m.bounced + t.bounced,
    unsubscribed = m.unsubscribed + t.unsubscribed, opened = m.opened + t.opened,
    clicked = m.clicked + t.clicked
  FROM (SELECT mailing_id, sum(sent) AS sent, sum(failed) AS failed, sum(suppressed) AS suppressed,
      sum(unknown) AS unknown, sum(cancelled) AS cancelled, sum(bounced) AS bounced,
      sum(unsubscribed) AS unsubscribed, sum(opened) AS opened, sum(clicked) AS clicked
    FROM moved GROUP BY mailing_id) t
  WHERE m.id = t.mailing_id
)
INSERT INTO mail_mailinghour AS h
  (site_id, mailing_id, hour, sent, failed, bounced, unsubscribed, opened, clicked)
SELECT site_id, mailing_id, hour, sum(sent), sum(failed), sum(bounced), sum(unsubscribed),
  sum(opened), sum(clicked) FROM moved GROUP BY site_id, mailing_id, hour
HAVING sum(sent) + sum(failed) + sum(bounced) + sum(unsubscribed) + sum(opened) + sum(clicked) > 0
ON CONFLICT (site_id, mailing_id, hour) DO UPDATE SET sent = h.sent + EXCLUDED.sent,
  failed = h.failed + EXCLUDED.failed, bounced = h.bounced + EXCLUDED.bounced,
  unsubscribed = h.unsubscribed + EXCLUDED.unsubscribed, opened = h.opened + EXCLUDED.opened,
  clicked = h.clicked + EXCLUDED.clicked
