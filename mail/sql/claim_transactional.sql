-- One batch of transactional mail, in flight at once: no preference stops it (P7.4), only an
-- address that does not exist, and who sent it to many and called it back.
WITH picked AS (
  SELECT o.id, CASE
      WHEN o.circular IS NOT NULL AND EXISTS (SELECT 1 FROM mail_recall r
        WHERE r.site_id = o.site_id AND r.circular = o.circular) THEN %(cancelled)s
      WHEN EXISTS (SELECT 1 FROM mail_suppression s WHERE s.site_id = o.site_id
        AND s.address_hash = o.address_hash AND s.reason = %(hard_bounce)s OFFSET 0) THEN %(suppressed)s
      ELSE %(inflight)s END AS state
  FROM mail_outbox o
  WHERE o.lane = %(transactional)s AND o.mailing_id IS NULL
    AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now()
    AND EXISTS (SELECT 1 FROM unnest(%(relays)s::text[]) AS named WHERE NOT EXISTS (
      SELECT 1 FROM mail_relay r WHERE r.name = named AND r.resting_until > now()))
  ORDER BY o.not_before, o.id LIMIT %(limit)s
  FOR UPDATE OF o SKIP LOCKED
),
claimed AS (
  UPDATE mail_outbox o SET
    state = p.state,
    settled_at = CASE WHEN p.state <> %(inflight)s THEN now() END,
    lease_token = CASE WHEN p.state = %(inflight)s THEN %(token)s::uuid END,
    lease_until = CASE WHEN p.state = %(inflight)s THEN now() + %(lease)s END,
    content = CASE WHEN p.state = %(inflight)s THEN o.content END,
    attempts = o.attempts + (p.state <> %(cancelled)s)::int
  FROM picked p WHERE o.id = p.id
  RETURNING o.id, o.site_id, o.mailing_id, o.contact_id, o.address, o.message_id, o.attempts,
    o.created_at, p.state <> %(inflight)s AS stays, o.content, o.not_before, o.domain_bucket
)
SELECT id, site_id, mailing_id, contact_id, address, message_id, attempts, created_at, stays,
  NULL, content, '', NULL::bytea, domain_bucket, true
FROM claimed ORDER BY not_before, id
