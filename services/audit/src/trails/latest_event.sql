-- Of the two kinds of events each has its index.
SELECT greatest(
    (SELECT event_time FROM events
      WHERE account = $1 AND region = $2 AND read_only AND event_time >= $3 ORDER BY event_time DESC LIMIT 1),
    (SELECT event_time FROM events
      WHERE account = $1 AND region = $2 AND NOT read_only AND event_time >= $3 ORDER BY event_time DESC LIMIT 1)
)
