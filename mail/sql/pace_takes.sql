-- For so many mails of each stream: how many may go now, after how many seconds the next one, and
-- how many a second by now.
-- Receivers recover by one a second each minute. Who waits has a place in the queue, no more: places
-- are spaced so that there is a turn for each when it comes.
-- A new domain may send so many a day, at once if there are as many, and twice as many the next day.
-- `next_at` tells how much of the day is used up: at noon of it, a half.
WITH asked AS (
  SELECT p.id, w.mails, p.key LIKE 'from:%%' AS is_new_domain, d.dawn,
    CASE WHEN p.key LIKE 'from:%%' THEN greatest(p.next_at, d.dawn) ELSE greatest(p.next_at, now()) END AS free,
    greatest(p.queue_until, now()) AS queue,
    CASE WHEN p.key LIKE 'from:%%' THEN p.rate * 2 ^ least(30, d.day)
      ELSE p.rate + extract(epoch FROM now() - p.since) / 60 END::float8 AS rate
  FROM mail_pace p JOIN unnest(%(keys)s::text[], %(mails)s::int[]) AS w (key, mails) USING (key)
  CROSS JOIN LATERAL (SELECT day, p.since + day * interval '24 hours' AS dawn
    FROM (SELECT floor(extract(epoch FROM now() - p.since) / 86400)::int AS day) AS days) d
  FOR UPDATE OF p
),
granted AS (
  SELECT *, least(mails, CASE
    WHEN is_new_domain THEN greatest(0, floor(rate * extract(epoch FROM dawn + interval '24 hours' - free) + 0.001))
    ELSE greatest((free <= now())::int, floor(rate * extract(epoch FROM now() + interval '1 second' - free)))
    END)::int AS now_go FROM asked
),
placed AS (
  SELECT *, CASE WHEN is_new_domain THEN dawn + interval '24 hours'
    ELSE greatest(queue, free + make_interval(secs => now_go / rate)) END AS next_turn FROM granted
)
UPDATE mail_pace p SET next_at = g.free + make_interval(secs => g.now_go / g.rate),
  queue_until = CASE WHEN g.is_new_domain OR g.mails = g.now_go THEN p.queue_until
    ELSE least(now() + interval '1 day', g.next_turn + make_interval(secs => (g.mails - g.now_go) / g.rate)) END
FROM placed g WHERE p.id = g.id
RETURNING p.key, g.now_go, greatest(0, extract(epoch FROM g.next_turn - now()))::float8, g.rate
