{{ union_systems('shipments') }}
