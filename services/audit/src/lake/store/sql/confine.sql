SELECT set_config('keywright.lake_account', $1, true),
       set_config('application_name', $2, true),
       set_config('work_mem', $3, true),
       set_config('standard_conforming_strings', 'on', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('jit', 'off', true),
       set_config('cursor_tuple_fraction', '1', true)
