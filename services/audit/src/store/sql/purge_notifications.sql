DELETE FROM notifications
 WHERE given_up_at < clock_timestamp() - make_interval(secs => $1)
