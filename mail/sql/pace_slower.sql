-- Receivers that want less at once: half as fast as by now; what they say within ten seconds
-- counts once. From then on it grows by one a second each minute (AIMD).
INSERT INTO mail_pace AS p (key, rate, since, next_at, queue_until)
SELECT key, %(first)s, now(), now(), now() FROM unnest(%(keys)s::text[]) AS key
ON CONFLICT (key) DO UPDATE SET since = now(),
  rate = greatest(%(least)s, (p.rate + extract(epoch FROM now() - p.since) / 60) / 2)
WHERE p.since < now() - interval '10 seconds'
