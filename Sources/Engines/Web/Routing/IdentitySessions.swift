import Identity
import Kernel

/// Identity's sessions as the edge asks for them.
package struct IdentitySessions: SessionResolver {
    private let identity: IdentityEngine

    package init(_ identity: IdentityEngine) { self.identity = identity }

    package func resolve(token: String, address: String) async throws -> SignedIn? {
        guard let session = try await identity.sessions.session(for: token, address: address) else { return nil }
        return SignedIn(principal: session.principal, mustChangePassword: session.mustChangePassword)
    }

    package func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant {
        let new = try await identity.sessions.login(login, password: password, address: address, agent: agent)
        let seconds = Int(new.session.expiresAt.seconds(since: new.session.createdAt))
        let notice = new.isNewAddress ? "您正在从新的地址 \(address) 登录，如非本人操作请立即修改密码" : nil
        return SessionGrant(token: new.token, seconds: seconds, mustChangePassword: new.session.mustChangePassword, notice: notice)
    }

    package func logOut(token: String) async throws { try await identity.sessions.logout(token: token) }

    package func changePassword(of principal: Principal, current: String, new: String) async throws {
        try await identity.passwords.change(of: principal, current: current, new: new)
    }

    package var passwordHint: String {
        let policy = identity.passwords.policy
        return "至少 \(policy.minimumLength) 位，含大写字母、小写字母、数字、符号中的至少 \(policy.minimumKinds) 种，不含用户名"
    }
}
