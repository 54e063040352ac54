{{ dimension('resellers', 'reseller', inferred_attributes={'country': "'ZZ'"}) }}
