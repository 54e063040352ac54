{{ union_systems('payments') }}
