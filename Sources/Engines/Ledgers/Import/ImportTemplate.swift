import Exchange
import Foundation
import Identity
import Kernel
import Storage

extension LedgerEngine {
    /// Fields that a sheet may carry, in declared order: no computed, read-only or file fields.
    func importFields(_ plan: LedgerPlan, for principal: Principal) -> [FieldPlan] {
        plan.fields.filter { field in
            guard !field.columns.isEmpty, !field.field.marks.contains(.readOnly) else { return false }
            if field.field.marks.contains(.restricted), !principal.may(plan.declaration.restrictedPermission) { return false }
            switch field.field.kind {
            case .photo, .files: return false
            default: return true
            }
        }
    }

    /// An xlsx to be filled in, with drop-down lists of the codes valid today.
    package func writeTemplate(_ ledger: String, path: String, for principal: Principal) throws {
        let plan = try plan(ledger)
        try plan.declaration.requireWriting(principal, .person)
        var columns: [TemplateColumn] = []
        if needsOwnerColumn(plan, principal) {
            columns.append(TemplateColumn(plan.declaration.owners.title, isRequired: true, hint: plan.declaration.owners.kind == .enterprise ? "企业名称或统一社会信用代码，须已登记" : "单位名称，须已登记"))
        }
        let snapshot = dictionaries.snapshot
        let today = clock.today
        for field in importFields(plan, for: principal) {
            var choices: [String] = []
            switch field.field.kind {
            case .code(let dictionary): choices = snapshot.items(dictionary, on: today).map(\.title)
            case .bool: choices = ["是", "否"]
            default: break
            }
            columns.append(
                TemplateColumn(
                    field.field.title, isRequired: field.field.marks.contains(.required) && field.field.fallback == nil, hint: hint(field.field, snapshot, today), choices: choices,
                    example: field.field.fallback ?? ""))
        }
        try SheetTemplate.write(path: path, sheet: plan.declaration.title, columns: columns)
    }

    /// The same in memory; a template is small.
    package func template(_ ledger: String, for principal: Principal) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "/jianwei-\(UUID().uuidString).xlsx"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writeTemplate(ledger, path: path, for: principal)
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(.unavailable, "JW-L040", "模板生成失败，请重试") }
        return [UInt8](data)
    }

    /// Whoever manages several enterprises says whose each row is.
    func needsOwnerColumn(_ plan: LedgerPlan, _ principal: Principal) -> Bool {
        guard plan.declaration.ownedBy == .enterprise else { return false }
        if case .organisation = principal.scope { return false }
        return true
    }

    private func hint(_ field: Field, _ dictionaries: DictionarySnapshot, _ today: Day) -> String {
        var parts: [String] = []
        switch field.kind {
        case .text(let length), .note(let length): parts.append(length.lowerBound == length.upperBound ? "\(length.upperBound) 个字" : "不超过 \(length.upperBound) 个字")
        case .integer(let range): parts.append("整数，\(range.lowerBound) 到 \(range.upperBound)")
        case .decimal(let places, let range): parts.append("数字，最多 \(places) 位小数，\(plainText(.real(range.lowerBound))) 到 \(plainText(.real(range.upperBound)))")
        case .day: parts.append("日期，如 2026-01-31")
        case .moment: parts.append("时间，如 2026-01-31 08:30")
        case .code: parts.append("从下拉列表选择")
        case .codes(let dictionary): parts.append("可多个，用顿号分开：" + dictionaries.items(dictionary, on: today).map(\.title).joined(separator: "、"))
        case .reference(let ledger): parts.append((declaration(ledger)?.title ?? "关联记录") + "的名称，须已登记")
        case .organisation: parts.append("单位名称，须已登记")
        case .location: parts.append("经度,纬度（WGS84），如 114.510000,38.040000")
        default: break
        }
        if let unit = field.unit { parts.append("单位：\(unit)") }
        if let hint = field.hint { parts.append(hint) }
        return parts.joined(separator: "；")
    }
}
