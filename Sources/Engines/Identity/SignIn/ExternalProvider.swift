import Cryptography
import Kernel
import Storage

/// Another provider through which people may sign in (OpenID Connect), as a security administrator set it up.
package struct ExternalProvider: Sendable, Equatable {
    /// Who of the provider's people gets in.
    package enum Rule: String, Sendable, CaseIterable {
        /// Only those who linked their account here.
        case bound
        /// Besides, an account is made for whoever fulfils the condition.
        case created

        package var title: String { self == .bound ? "只限已关联的账号" : "符合条件的自动建立账号" }
    }

    package var id: Int64
    /// In addresses: small letters, digits and hyphens; never changes.
    package var name: String
    package var title: String
    package var issuer: String
    package var clientId: String
    var sealedSecret: String
    package var rule: Rule
    /// The claims that give a new account its login and its name.
    package var loginClaim: String
    package var nameClaim: String
    /// What a claim must say before an account is made, such as `groups` = `jianwei`.
    package var gateClaim: String
    package var gateValue: String
    package var organisation: Int64?
    package var role: Int64?
    package var isOn: Bool
    package var updatedAt: Moment
    package var updatedByName: String

    init(_ row: Row) {
        id = row.int("id") ?? 0
        name = row.text("name") ?? ""
        title = row.text("title") ?? ""
        issuer = row.text("issuer") ?? ""
        clientId = row.text("client_id") ?? ""
        sealedSecret = row.text("secret") ?? ""
        rule = row.text("rule").flatMap(Rule.init) ?? .bound
        loginClaim = row.text("login_claim") ?? ""
        nameClaim = row.text("name_claim") ?? ""
        gateClaim = row.text("gate_claim") ?? ""
        gateValue = row.text("gate_value") ?? ""
        organisation = row.int("organisation")
        role = row.int("role")
        isOn = row.int("is_on") == 1
        updatedAt = row.moment("updated_at") ?? Moment(milliseconds: 0)
        updatedByName = row.text("updated_by_name") ?? ""
    }

    /// Whether an account may be made from these claims.
    func admits(_ claims: JSONValue) -> Bool {
        guard rule == .created, !gateClaim.isEmpty, let claim = claims[gateClaim] else { return false }
        return claim.string == gateValue || (claim.array ?? []).contains { $0.string == gateValue }
    }

    /// An https address, or a plain one, which only networks that were allowed can have.
    static func isAddress(_ url: String) -> Bool {
        (url.hasPrefix("https://") || url.hasPrefix("http://")) && (10...500).contains(url.utf8.count) && url.utf8.allSatisfy { (33...126).contains($0) } && !url.contains("#")
            && !url.contains("@")
    }
}

/// What is asked for when a provider is set up or changed.
package struct ProviderDraft: Sendable {
    package var name = ""
    package var title = ""
    package var issuer = ""
    package var clientId = ""
    /// Nil keeps the stored one.
    package var secret: String?
    package var rule = ExternalProvider.Rule.bound
    package var loginClaim = "preferred_username"
    package var nameClaim = "name"
    package var gateClaim = ""
    package var gateValue = ""
    /// Code of the organisation of new accounts.
    package var organisation = ""
    package var role: Int64?
    package var isOn = true

    package init() {}
}

/// What an account is called at another provider.
package struct ExternalIdentity: Sendable, Equatable {
    package var provider: String
    package var title: String
    package var linkedAt: Moment
    package var lastUsedAt: Moment?
}
