import twilio from 'twilio'

/** The official client, with a request client that changes the scheme and host and nothing else. */
export function restClient(baseUrl: string, accountSid: string, authToken: string) {
  return twilio(accountSid, authToken, { httpClient: redirectedTo(baseUrl) })
}

export type RestClient = ReturnType<typeof restClient>

function redirectedTo(baseUrl: string) {
  const httpClient = new twilio.RequestClient()
  const request = httpClient.request.bind(httpClient)
  httpClient.request = (options) =>
    request({ ...options, uri: options.uri.replace(/^https:\/\/[^/]+/, baseUrl) })
  return httpClient
}
