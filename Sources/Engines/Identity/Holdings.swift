import Kernel
import Storage

/// Something by which a person still gets in or may do something: what has to be taken back before they have really left.
package struct Holding: Sendable, Equatable {
    /// `角色`, `登录会话`.
    package var title: String
    /// Each of them, for people; never empty.
    package var items: [String]
}

extension IdentityEngine {
    /// Everything that a person still holds, in the order in which it is taken back: the account's use, sessions, roles, groups, temporary grants, certificates and keys, computers, tokens of
    /// applications. Empty only when nothing lets them in.
    package func holdings(of user: Int64, at now: Moment, _ reader: any Reader) throws -> [Holding] {
        var found: [Holding] = []
        func note(_ title: String, _ items: [String]) { if !items.isEmpty { found.append(Holding(title: title, items: items)) } }
        note("账号", try reader.rows("SELECT login FROM users WHERE id = \(user) AND state = 'active'").compactMap { $0[0].text.map { "\($0)（可用）" } })
        note("登录会话", try reader.rows("SELECT address FROM sessions WHERE user_id = \(user) AND expires_at > \(now) ORDER BY id LIMIT 100").compactMap { $0[0].text })
        note(
            "角色",
            try reader.rows("SELECT r.title FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = \(user) ORDER BY r.id LIMIT 100").compactMap { $0[0].text })
        note(
            "岗位",
            try reader.rows(
                "SELECT un.name, m.post FROM unit_members m JOIN units un ON un.id = m.unit_id WHERE m.user_id = \(user) AND un.state = 'active' ORDER BY un.id LIMIT 100"
            ).map { "\($0[0].text ?? "") \($0[1].text ?? "")" })
        note(
            "用户组",
            try reader.rows("SELECT g.name FROM user_groups g JOIN user_group_members m ON m.group_id = g.id WHERE m.user_id = \(user) ORDER BY g.id LIMIT 100").compactMap {
                $0[0].text
            })
        note(
            "临时授权",
            try reader.rows(
                "SELECT r.title FROM temporary_grants g JOIN roles r ON r.id = g.role_id WHERE g.user_id = \(user) AND g.until_at > \(now) AND g.revoked_at IS NULL ORDER BY g.id LIMIT 100"
            ).compactMap { $0[0].text })
        note(
            "证书与密钥",
            try reader.rows("SELECT title FROM user_certificates WHERE user_id = \(user) AND revoked_at IS NULL ORDER BY id LIMIT 100").compactMap { $0[0].text })
        note(
            "已登记终端",
            try reader.rows("SELECT name FROM terminals WHERE user_id = \(user) AND state = 'approved' ORDER BY id LIMIT 100").compactMap { $0[0].text })
        return found
    }
}
