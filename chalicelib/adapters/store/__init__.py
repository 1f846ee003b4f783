"""The one DynamoDB table: ``table`` speaks to it, and each entity has a file: keys, items, access patterns."""
