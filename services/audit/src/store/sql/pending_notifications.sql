SELECT target, count(*) AS pending
  FROM notifications
 WHERE given_up_at IS NULL
 GROUP BY target
