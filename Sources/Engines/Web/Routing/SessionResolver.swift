import Identity
import Kernel

/// A session as the edge needs it.
package struct SignedIn: Sendable {
    package var principal: Principal
    package var mustChangePassword: Bool

    package init(principal: Principal, mustChangePassword: Bool = false) {
        self.principal = principal
        self.mustChangePassword = mustChangePassword
    }
}

/// What a successful sign-in gives: the secret for the cookie and how long it lives.
package struct SessionGrant: Sendable {
    package var token: String
    package var seconds: Int
    package var mustChangePassword: Bool
    /// Told once after signing in, such as that this address is new.
    package var notice: String?

    package init(token: String, seconds: Int, mustChangePassword: Bool = false, notice: String? = nil) {
        self.token = token
        self.seconds = seconds
        self.mustChangePassword = mustChangePassword
        self.notice = notice
    }
}

/// The edge's view of Identity.
package protocol SessionResolver: Sendable {
    /// Asked on every request: must be cached. Nil when the token is unknown, ended or not allowed from this address.
    func resolve(token: String, address: String) async throws -> SignedIn?
    /// - Throws: `.unauthenticated` for wrong credentials, `.forbidden` for locked or untimely accounts, `.tooMany`.
    func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant
    func logOut(token: String) async throws
    /// - Throws: `.invalid` with a finding for `current`, `password`.
    func changePassword(of principal: Principal, current: String, new: String) async throws
    /// What a new password must be, in one sentence.
    var passwordHint: String { get }
}

extension SessionResolver {
    package var passwordHint: String { "须含大写字母、小写字母、数字、符号中的至少三种" }
}

/// Nobody can sign in: for sites that serve only open routes, and for tests.
package struct NoSessions: SessionResolver {
    package init() {}
    package func resolve(token: String, address: String) async throws -> SignedIn? { nil }
    package func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant {
        throw Failure(.unavailable, "JW-W503", "登录服务尚未配置")
    }
    package func logOut(token: String) async throws {}
    package func changePassword(of principal: Principal, current: String, new: String) async throws {
        throw Failure(.unavailable, "JW-W503", "登录服务尚未配置")
    }
}
