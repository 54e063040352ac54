{{ union_systems('resellers') }}
