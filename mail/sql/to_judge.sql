-- Open mailings whose results somebody should look at: unproven ones, and those with many bounces
-- or complaints by their counters (newsletter/operations/judging.py).
SELECT m.id, m.site_id FROM mail_mailing m
WHERE m.state = %(mailing_open)s AND (m.canary_left IS NOT NULL
  OR (m.sent + m.failed - m.base_tried >= 200
    AND ((m.bounced - m.base_hard) * 20 >= m.sent + m.failed - m.base_tried
      OR (m.complained - m.base_complained) * 1000 >= m.sent + m.failed - m.base_tried)))
