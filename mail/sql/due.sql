-- Whether it is worth a connection: something is due in the lane, and a server is awake.
SELECT EXISTS (SELECT 1 FROM mail_outbox o
  WHERE o.lane = %(lane)s AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now())
  AND EXISTS (SELECT 1 FROM unnest(%(relays)s::text[]) AS named WHERE NOT EXISTS (
      SELECT 1 FROM mail_relay r WHERE r.name = named AND r.resting_until > now()))
