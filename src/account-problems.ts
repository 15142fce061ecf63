/** The problems of keys, second factors and mailed links; part of the closed set of `problem-codes.ts`. */
export const accountProblems = {
  insufficient_scope: {
    status: 403,
    title: 'Not within the scopes of this key',
    cause: 'The API key has no scope for this; or no key may do it, as with logins, passwords and keys.',
    remedy: 'Use a key with the scope that WWW-Authenticate names, or log in.',
  },
  too_many_keys: {
    status: 409,
    title: 'Too many keys',
    cause: 'An account can have 50 API keys at once.',
    remedy: 'End one that is no longer used with DELETE /auth/keys/{id}.',
  },
  fresh_login_required: {
    status: 403,
    title: 'Log in once more',
    cause:
      'Changes of accounts that cannot be undone, or give others a way in (keys, roles, other people’s passwords, addresses and ' +
      'second factors, the end of an account), are made within ten minutes of logging in. Orders and refunds do not ask for it.',
    remedy: 'POST /auth/login once more, and send the request again with the new token.',
  },
  second_factor_required: {
    status: 401,
    title: 'A code is needed',
    cause: 'The password is right, and the account has a second factor.',
    remedy: 'Send the same once more with the code of your app, or a recovery code, as `code`.',
  },
  bad_code: {
    status: 401,
    title: 'Wrong code',
    cause: 'The code is wrong, too old, or has been used.',
    remedy: 'Wait for the next code of your app, or take a recovery code that you have not used.',
  },
  second_factor_missing: {
    status: 403,
    title: 'A second factor is needed here',
    cause: 'Administrators of this deployment need a second factor, and this login has shown none.',
    remedy: 'Begin one with POST /auth/mfa and confirm it, or log in with a code.',
  },
  second_factor_active: {
    status: 409,
    title: 'There is a second factor',
    cause: 'The account has a second factor already.',
    remedy: 'End it with POST /auth/mfa/end, then begin another.',
  },
  second_factor_inactive: {
    status: 409,
    title: 'There is no second factor',
    cause: 'The account has no second factor, or none that was begun and waits for its first code.',
    remedy: 'Begin one with POST /auth/mfa.',
  },
  link_not_good: {
    status: 422,
    title: 'This link is not good',
    cause: 'The link has been used, is too old, or is none of ours; or the address is another one since.',
    remedy: 'Ask for another mail, and use the newest.',
  },
} as const;
