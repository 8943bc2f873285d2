-- A mailing is done when every recipient is accounted for; answers those nobody was told of yet.
WITH finished AS (
  UPDATE mail_mailing SET state = %(mailing_done)s, finished_at = now()
  WHERE state = %(mailing_open)s AND sent + failed + suppressed + unknown + cancelled >= total
  RETURNING id, site_id
)
SELECT id, site_id FROM finished
UNION
SELECT id, site_id FROM mail_mailing
WHERE state = %(mailing_done)s AND finished_at IS NOT NULL AND announced_at IS NULL
