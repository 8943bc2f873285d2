-- One batch of one mailing, joined to everything that permits sending (docs/mail.md).
-- Mailings take turns, the one that waited longest first, so no site starves another.
WITH turn AS (
  SELECT m.id, m.site_id, m.content_hash, s.slug
  FROM mail_mailing m JOIN accounts_site s ON s.id = m.site_id
  WHERE m.state = %(mailing_open)s AND m.content_hash = m.approved_hash
    AND s.standing <> %(site_suspended)s
    AND (m.not_before IS NULL OR m.not_before <= now())
    AND EXISTS (SELECT 1 FROM mail_outbox o
      WHERE o.lane = %(marketing)s AND o.mailing_id = m.id AND o.site_id = m.site_id
        AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now())
    AND NOT EXISTS (SELECT 1 FROM mail_relay r WHERE r.resting_until > now())
  ORDER BY m.turn_at LIMIT 1
),
picked AS (
  SELECT o.id, turn.slug, turn.content_hash, o.contact_id IS NULL OR EXISTS (
      SELECT 1 FROM mail_suppression s
      WHERE s.site_id = o.site_id AND s.address_hash = o.address_hash) AS suppressed
  FROM mail_outbox o JOIN turn ON turn.id = o.mailing_id AND turn.site_id = o.site_id
  WHERE o.lane = %(marketing)s AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now()
  ORDER BY o.not_before, o.id LIMIT %(limit)s
  FOR UPDATE OF o SKIP LOCKED
),
turned AS (
  UPDATE mail_mailing m SET turn_at = clock_timestamp(),
    suppressed = m.suppressed + (SELECT count(*) FROM picked WHERE picked.suppressed)
  FROM turn WHERE m.id = turn.id
),
claimed AS (
  UPDATE mail_outbox o SET
    state = CASE WHEN p.suppressed THEN %(suppressed)s ELSE %(claimed)s END,
    settled_at = CASE WHEN p.suppressed THEN now() END,
    lease_token = CASE WHEN p.suppressed THEN NULL ELSE %(token)s::uuid END,
    lease_until = CASE WHEN p.suppressed THEN NULL ELSE now() + %(lease)s END,
    merge = CASE WHEN p.suppressed THEN NULL ELSE o.merge END,
    attempts = o.attempts + 1
  FROM picked p WHERE o.id = p.id
  RETURNING o.*, p.slug, p.content_hash, p.suppressed
)
SELECT id, site_id, mailing_id, contact_id, address, message_id, attempts, created_at, suppressed,
  merge, NULL::bytea, slug, content_hash
FROM claimed ORDER BY not_before, id
