{{ dimension('customers', 'customer', inferred_attributes={'country': 'first_seen.country', 'is_test': 'false'}) }}
