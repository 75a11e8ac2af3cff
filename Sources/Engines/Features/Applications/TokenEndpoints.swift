import Cryptography
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import NIOCore
import Web

/// What programs ask of the authorization server: tokens, their state, keys, discovery. Answers are JSON as the standards have it, refusals too.
struct TokenEndpoints: Sendable {
    let platform: Platform

    func add(to routes: Routes) {
        routes.post("/oauth/token", permission: .open) { request, context in
            try await answer(request, context) { desk, form, basic in
                try await desk.token({ form[$0] }, basic: basic, address: context.address, agent: request.headers[.userAgent] ?? "")
            }
        }
        routes.post("/oauth/introspect", permission: .open) { request, context in
            try await answer(request, context) { desk, form, basic in try await desk.introspect({ form[$0] }, basic: basic) }
        }
        routes.post("/oauth/revoke", permission: .open) { request, context in
            try await answer(request, context) { desk, form, basic in
                try await desk.revoke({ form[$0] }, basic: basic)
                return .object(JSONObject())
            }
        }
        routes.post("/oauth/device_authorization", permission: .open) { request, context in
            try await answer(request, context) { desk, form, basic in try await desk.deviceAuthorization({ form[$0] }, basic: basic) }
        }
        routes.get("/oauth/jwks", permission: .open) { _, _ in .json(try await platform.identity.tokens.signing.published()) }
        routes.get("/oauth/jwks/sm2", permission: .open) { _, _ in .json(try await platform.identity.tokens.signing.published(national: true)) }
        routes.get("/oauth/userinfo", permission: .open, use: userInfo)
        routes.get("/.well-known/openid-configuration", permission: .open) { request, context in .json(discovery(Issuer.address(request, context))) }
        routes.get("/.well-known/oauth-authorization-server", permission: .open) { request, context in .json(discovery(Issuer.address(request, context))) }
    }

    private typealias Work = @Sendable (TokenDesk, FormInput, (id: String, secret: String)?) async throws -> JSONValue

    private func answer(_ request: Request, _ context: WebContext, _ work: Work) async throws -> Response {
        let desk = platform.identity.tokens.reached(at: Issuer.address(request, context))
        do {
            guard request.headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") ?? false else { throw TokenRefusal("invalid_request", "a form is wanted") }
            let form = try await request.form(context, limit: 16_384)
            guard Set(form.items.map(\.name)).count == form.items.count else { throw TokenRefusal("invalid_request", "a parameter stands twice") }
            return sealed(.json(try await work(desk, form, try basic(request))))
        } catch let refusal as TokenRefusal {
            return Self.refused(refusal)
        }
    }

    private func sealed(_ response: Response) -> Response {
        var response = response
        response.headers[.cacheControl] = "no-store"
        return response
    }

    static func refused(_ refusal: TokenRefusal) -> Response {
        let isUnknown = refusal.code == "invalid_client"
        var response = Response.json(
            ["error": .string(refusal.code), "error_description": .string(refusal.description)], status: isUnknown ? .unauthorized : .badRequest)
        response.headers[.cacheControl] = "no-store"
        if isUnknown { response.headers[.wwwAuthenticate] = "Basic realm=\"jianwei\"" }
        return response
    }

    /// Client id and secret of the header, both form-encoded (RFC 6749 2.3.1).
    private func basic(_ request: Request) throws -> (id: String, secret: String)? {
        guard let header = request.headers[.authorization] else { return nil }
        guard header.hasPrefix("Basic "), let bytes = Base64.decode(String(header.dropFirst(6))) else { throw TokenRefusal("invalid_client", "client authentication failed") }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw TokenRefusal("invalid_client", "client authentication failed") }
        return (FormEncoding.decode(parts[0].utf8), FormEncoding.decode(parts[1].utf8))
    }

    @Sendable private func userInfo(request: Request, context: WebContext) async throws -> Response {
        guard let token = context.token, let bearer = try await platform.identity.tokens.bearer(token, address: context.address), bearer.isUser,
            bearer.scopes.contains(TokenScope.openid)
        else {
            var response = Response.json(["error": "invalid_token"], status: .unauthorized)
            response.headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\""
            return response
        }
        let phone = bearer.scopes.contains(TokenScope.phone) ? try await platform.identity.users.find(bearer.principal.id)?.phone : nil
        return sealed(.json(platform.identity.tokens.userInfo(bearer, phone: phone.map(Masking.phone))))
    }

    private func discovery(_ issuer: String) -> JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        let ways = list(["client_secret_basic", "client_secret_post", "none"])
        return [
            "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/oauth/authorize"), "token_endpoint": .string(issuer + "/oauth/token"),
            "userinfo_endpoint": .string(issuer + "/oauth/userinfo"), "jwks_uri": .string(issuer + "/oauth/jwks"), "jwks_sm2_uri": .string(issuer + "/oauth/jwks/sm2"),
            "introspection_endpoint": .string(issuer + "/oauth/introspect"),
            "revocation_endpoint": .string(issuer + "/oauth/revoke"), "device_authorization_endpoint": .string(issuer + "/oauth/device_authorization"),
            "end_session_endpoint": .string(issuer + "/oauth/logout"), "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
            "frontchannel_logout_supported": true, "frontchannel_logout_session_supported": true, "scopes_supported": list(TokenScope.titles.map(\.name)),
            "response_types_supported": list(["code"]),
            "grant_types_supported": list(ClientApplication.Grant.allCases.map(\.rawValue)), "subject_types_supported": list(["public"]),
            "id_token_signing_alg_values_supported": list(TokenKey.Algorithm.allCases.map(\.rawValue)), "token_endpoint_auth_methods_supported": ways,
            "introspection_endpoint_auth_methods_supported": list(["client_secret_basic", "client_secret_post"]), "revocation_endpoint_auth_methods_supported": ways,
            "code_challenge_methods_supported": list(["S256"]), "claims_supported": list(["sub", "name", "preferred_username", "phone_number", "organisation", "area"]),
            "authorization_response_iss_parameter_supported": true, "prompt_values_supported": list(["none", "login", "consent"]),
        ]
    }
}

/// The address of this site as tokens carry it.
enum Issuer {
    static func address(_ request: Request, _ context: WebContext) -> String {
        context.publicAddress(request)
    }
}
