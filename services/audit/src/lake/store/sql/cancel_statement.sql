SELECT pg_cancel_backend(pid)
  FROM pg_stat_activity
 WHERE application_name = $1 AND usename = session_user AND datname = current_database()
