-- A day may be dropped twice: events that came late make its partitions anew.
INSERT INTO expired_days (day, events)
VALUES ($1, $2)
    ON CONFLICT (day) DO UPDATE SET events = expired_days.events + excluded.events, dropped_at = excluded.dropped_at
