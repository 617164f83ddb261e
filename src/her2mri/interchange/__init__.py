"""What other systems speak: FHIR R4 and CDS Hooks, in and out, as plain data. Knows no server."""
