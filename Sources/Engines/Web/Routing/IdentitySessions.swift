import Identity
import Kernel

/// Identity's sessions as the edge asks for them.
package struct IdentitySessions: SessionResolver {
    private let identity: IdentityEngine

    package init(_ identity: IdentityEngine) { self.identity = identity }

    package func resolve(token: String, address: String) async throws -> SignedIn? {
        if TokenDesk.isAccessToken(token) { return try await identity.tokens.bearer(token, address: address).map { SignedIn(principal: $0.principal) } }
        guard let session = try await identity.sessions.session(for: token, address: address) else { return nil }
        return SignedIn(
            principal: session.principal, mustChangePassword: session.mustChangePassword, mustEnrol: session.mustEnrol, confirmedAt: session.confirmedAt)
    }

    package func logIn(login: String, password: String, address: String, agent: String) async throws -> SessionGrant {
        grant(try await identity.sessions.login(login, password: password, address: address, agent: agent))
    }

    package func begin(_ attempt: LoginAttempt) async throws -> SignInStep {
        switch try await identity.sessions.login(attempt) {
        case .opened(let new): .granted(grant(new))
        case .secondFactor(let pending): .secondFactor(pending: pending)
        }
    }

    package func finish(pending: String, code: String, address: String, agent: String) async throws -> SessionGrant {
        grant(try await identity.sessions.finish(pending, code: code, address: address, agent: agent))
    }

    package func grant(_ new: NewSession) -> SessionGrant {
        let seconds = Int(new.session.expiresAt.seconds(since: new.session.createdAt))
        let notice = new.isNewAddress ? "您正在从新的地址 \(new.session.principal.address) 登录，如非本人操作请立即修改密码" : nil
        return SessionGrant(
            token: new.token, seconds: seconds, mustChangePassword: new.session.mustChangePassword, mustEnrol: new.session.mustEnrol, notice: notice,
            choosesPost: !new.session.principal.posts.isEmpty)
    }

    package func logOut(token: String) async throws { try await identity.sessions.logout(token: token) }

    package func changePassword(of principal: Principal, current: String, new: String) async throws {
        try await identity.passwords.change(of: principal, current: current, new: new)
    }

    package func captcha(for login: String, address: String) async throws -> String? {
        try await identity.sessions.asksCaptcha(login, from: address) ? try await identity.sessions.challenges.make() : nil
    }

    package func captchaText(of id: String) async throws -> String? { try await identity.sessions.challenges.text(of: id) }

    package func asksSecondPerson(for act: DualAct) -> Bool { identity.dualControl.asks(for: act) }
    package func secondPerson(_ asked: AskedAct, by principal: Principal) async throws -> DualVerdict { try await identity.dualControl.admit(asked, by: principal) }
    package func secondPersonFailed(_ approval: Int64, because reason: String, by principal: Principal) async throws {
        try await identity.dualControl.release(approval, because: reason, by: principal)
    }

    package func formWait(for path: String) -> Int? {
        let waits = identity.policies.current.formWaits
        return waits.isEmpty ? nil : waits.first { $0.matches(path) }?.seconds
    }
    package func report(_ misdeed: Misdeed, from address: String, isTrusted: Bool) async throws { try await identity.blocks.report(misdeed, from: address, isTrusted: isTrusted) }

    package var doorNotice: String { identity.policies.current.doorNotice }
    package var watermark: Bool { identity.policies.current.watermark }

    package var ways: [SignInWay] {
        let policy = identity.policies.current
        var ways: [SignInWay] = []
        if policy.qrSignIn { ways.append(SignInWay("手机扫码", "Scan", icon: "qr", path: "/login/qr")) }
        if identity.codeSignIn.isOn { ways.append(SignInWay("短信验证码", "SMS code", icon: "message", path: "/login/sms")) }
        ways.append(SignInWay("激活账号", "Activate", icon: "key", path: "/activate"))
        if policy.selfRegistration { ways.append(SignInWay("申请账号", "Register", icon: "user", path: "/register")) }
        if policy.certificateSignIn {
            ways.append(SignInWay("数字证书", "Certificate", icon: "shield", path: "/login/certificate"))
            ways.append(SignInWay("密钥签名", "Signature", icon: "key", path: "/login/key"))
        }
        ways += identity.external.providers.map { SignInWay($0.title, $0.title, icon: "link", path: "/login/with/\($0.name)") }
        return ways
    }

    package var confirmSeconds: Int64 { Int64(identity.policies.current.confirmMinutes) * 60 }

    package var passwordHint: String {
        let policy = identity.passwords.policy
        return "至少 \(policy.minimumLength) 位，含大写字母、小写字母、数字、符号中的至少 \(policy.minimumKinds) 种，不含用户名"
    }
}
