import Kernel

/// One operation of an interface, as its declaration knows it.
package struct APIOperation: Sendable {
    package enum Method: String, Sendable, CaseIterable { case get, put, post, patch, delete }

    package var method: Method
    /// Such as `/api/v1/onSiteVehicle/{id}`; every name in braces becomes a path parameter, described here or not.
    package var path: String
    package var summary: String
    package var details: String?
    package var tag: String
    package var parameters: [APIParameter]
    package var request: APIBody?
    package var responses: [APIResponse]
    /// Names of security schemes, any one of which is enough; empty needs none.
    package var security: [String]
    /// Unique in the document; nil derives one from method and path.
    package var id: String?

    package init(
        _ method: Method, _ path: String, _ summary: String, tag: String, details: String? = nil, parameters: [APIParameter] = [], request: APIBody? = nil,
        responses: [APIResponse] = [], security: [String] = [], id: String? = nil
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.tag = tag
        self.details = details
        self.parameters = parameters
        self.request = request
        self.responses = responses
        self.security = security
        self.id = id
    }

    /// `getApiV1OnSiteVehicleById`.
    var identifier: String {
        if let id { return id }
        return path.split(separator: "/").reduce(into: method.rawValue) { name, part in
            let isParameter = part.hasPrefix("{")
            let word = part.filter { $0.isLetter || $0.isNumber }
            name += (isParameter ? "By" : "") + word.prefix(1).uppercased() + word.dropFirst()
        }
    }

    /// Names in braces.
    var pathNames: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }
}

/// One parameter of an operation, in its path, query or header.
package struct APIParameter: Sendable {
    package enum Place: String, Sendable { case path, query, header, cookie }

    package var name: String
    package var place: Place
    package var title: String
    package var schema: JSONValue
    package var isRequired: Bool

    package init(_ name: String, in place: Place = .query, _ title: String, _ schema: JSONValue = APISchema.string(), required: Bool = false) {
        self.name = name
        self.place = place
        self.title = title
        self.schema = schema
        self.isRequired = required || place == .path
    }
}

/// What an operation reads.
package struct APIBody: Sendable {
    package var mediaType: String
    package var schema: JSONValue
    package var isRequired: Bool

    package init(_ schema: JSONValue, mediaType: String = "application/json", required: Bool = true) {
        self.schema = schema
        self.mediaType = mediaType
        self.isRequired = required
    }
}

/// One answer of an operation, by its status.
package struct APIResponse: Sendable {
    package var status: Int
    package var title: String
    /// Nil for an answer without a body.
    package var schema: JSONValue?
    package var mediaType: String

    package init(_ status: Int, _ title: String, _ schema: JSONValue? = nil, mediaType: String = "application/json") {
        self.status = status
        self.title = title
        self.schema = schema
        self.mediaType = mediaType
    }

    /// An error as problem+json (RFC 9457).
    package static func problem(_ status: Int, _ title: String) -> APIResponse {
        APIResponse(status, title, APISchema.reference("Problem"), mediaType: "application/problem+json")
    }
}
