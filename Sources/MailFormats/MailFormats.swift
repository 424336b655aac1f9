// Placeholder until the first type of MailFormats stands here.
