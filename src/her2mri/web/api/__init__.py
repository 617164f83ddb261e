"""What programs ask of the room, each with a token: JSON, FHIR and CDS Hooks. No cookie is ever looked at here."""
