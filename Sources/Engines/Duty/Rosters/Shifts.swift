import Identity
import Kernel
import Storage

extension DutyEngine {
    /// Keeps a shift, a new one when its id is 0; entries that are written keep the hours they were written with.
    ///
    /// - Throws: `.invalid` with every finding; `.forbidden`.
    package func keep(_ shift: DutyShift, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "管理班次")
        var findings: [FieldFinding] = []
        if !(1...20).contains(shift.title.count) { findings.append(FieldFinding("title", "range", "应为 1—20 个字", title: "班次名称")) }
        if !["blue", "good", "orange", "info", "muted"].contains(shift.tone) { findings.append(FieldFinding("tone", "unknownCode", "没有这种颜色", title: "颜色")) }
        if !(0..<1440).contains(shift.starts) { findings.append(FieldFinding("starts", "range", "应为一天之内的时刻", title: "开始时间")) }
        if !(30...1440).contains(shift.minutes) { findings.append(FieldFinding("ends", "range", "一班应为半小时至 24 小时", title: "结束时间")) }
        if try tx.first("SELECT id FROM duty_shifts WHERE is_on = 1 AND title = \(shift.title) AND id <> \(shift.id)") != nil {
            findings.append(FieldFinding("title", "unique", "已有同名班次", title: "班次名称"))
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
        if shift.id == 0 {
            try tx.execute("INSERT INTO duty_shifts (title, starts, minutes, tone) VALUES (\(shift.title), \(shift.starts), \(shift.minutes), \(shift.tone))")
        } else {
            let changed = try tx.execute(
                "UPDATE duty_shifts SET title = \(shift.title), starts = \(shift.starts), minutes = \(shift.minutes), tone = \(shift.tone) WHERE id = \(shift.id) AND is_on = 1")
            guard changed == 1 else { throw Failure.notFound("该班次") }
        }
        try audit.record(AuditEntry(shift.id == 0 ? "create" : "update", "dutyShift", "\(shift.id)", "班次“\(shift.title)”"), by: principal, in: tx)
    }

    /// Switches a shift off; what is on a roster stays.
    ///
    /// - Throws: `.conflict` `JW-D020` where a group has no other.
    package func drop(shift id: Int64, by principal: Principal, in tx: any Transaction) throws {
        try admit(principal, "管理班次")
        guard let shift = try shifts(in: tx).first(where: { $0.id == id }) else { throw Failure.notFound("该班次") }
        let groups = try tx.rows("SELECT title, shifts FROM duty_groups WHERE is_on = 1 LIMIT 1000").filter { $0.text("shifts") == String(id) }.compactMap { $0.text("title") }
        if let only = groups.first { throw Failure(.conflict, "JW-D020", "“\(only)”只有这一个班次，请先给它换班次") }
        try tx.execute("UPDATE duty_shifts SET is_on = 0 WHERE id = \(id)")
        try audit.record(AuditEntry("delete", "dutyShift", "\(id)", "停用班次“\(shift.title)”"), by: principal, in: tx)
    }
}
