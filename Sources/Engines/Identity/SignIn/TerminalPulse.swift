import Kernel
import Storage

/// Registered computers tell that they are alive (A-25): a page that is open at one says so every minute. One that falls silent is lost, and its sessions end where the rules say so.
extension Terminals {
    /// How long after its last word a computer still counts as on-line.
    package static let quietSeconds: Int64 = 180

    /// Written at most twice a minute.
    ///
    /// - Returns: whether the computer is registered still.
    package func pulse(_ terminal: Int64, address: String) async throws -> Bool {
        let now = clock.now
        return try await database.write { tx in
            guard let row = try tx.first("SELECT alive_at FROM terminals WHERE id = \(terminal) AND state = 'approved'") else { return false }
            if let last = row.moment("alive_at"), now < last.adding(seconds: 30) { return true }
            try tx.execute("UPDATE terminals SET alive_at = \(now), lost_at = NULL, address = \(address) WHERE id = \(terminal)")
            return true
        }
    }

    /// For a job each minute: marks what fell silent, and ends the sessions there.
    ///
    /// - Parameter minutes: after how many a silent computer's sessions end; 0: never, it is only shown.
    /// - Returns: computers lost now, and sessions ended.
    package func noteLost(after minutes: Int) async throws -> (lost: Int, ended: Int) {
        let now = clock.now
        let quiet = now.adding(seconds: -Self.quietSeconds)
        let ends = now.adding(seconds: -Int64(max(minutes, 3)) * 60)
        return try await database.write { tx in
            let silent = try tx.rows(
                """
                SELECT t.id, t.name, u.name AS user_name, u.login FROM terminals t JOIN users u ON u.id = t.user_id
                WHERE t.state = 'approved' AND t.alive_at < \(quiet) AND t.lost_at IS NULL ORDER BY t.id LIMIT 1000
                """)
            for row in silent {
                guard let id = row.int("id") else { continue }
                try tx.execute("UPDATE terminals SET lost_at = \(now) WHERE id = \(id)")
                let what = "\(row.text("user_name") ?? "")（\(row.text("login") ?? "")）的终端“\(row.text("name") ?? "")”"
                try audit.record(AuditEntry("lost", "terminal", "\(id)", "\(what)失去心跳"), by: .system("终端心跳"), in: tx)
            }
            guard minutes > 0 else { return (silent.count, 0) }
            let ended = try tx.execute(
                "DELETE FROM sessions WHERE terminal_id IN (SELECT id FROM terminals WHERE state = 'approved' AND COALESCE(alive_at, last_used_at) < \(ends))")
            if ended > 0 {
                try audit.record(AuditEntry("revoke", "session", "*", "终端失去心跳，结束 \(ended) 个会话"), by: .system("终端心跳"), in: tx)
                version.bump(after: tx)
            }
            return (silent.count, ended)
        }
    }
}
