import Kernel
import Storage

/// The row of `gate_pass`, written by hand because this insert runs fifteen thousand times a second.
enum PassRow {
    private static let columns = [
        "org", "area", "created_at", "updated_at", "passed_at", "plate_no", "plate_color", "direction", "gate_no", "barrier_no", "lane_no", "serial_no", "started_at", "ended_at",
        "barrier_action", "lift_reason",
        "source", "operator", "reason", "confidence", "industry", "vehicle_type", "vehicle_class", "fuel", "emission_stage", "stage_basis", "vin", "engine_no", "registered_on",
        "model", "use_nature",
        "owner", "networked", "cargo_name", "cargo_tonnes", "measured_by", "head_photo", "body_photo", "plate_photo", "document_photo", "video_camera", "video_from", "video_to",
        "verdict", "findings",
        "warning_level", "strategy_id", "strategy_version", "list_version", "rule_version", "filing_id", "facts", "received_at", "pair_id", "digest",
    ]
    private static let statement = "INSERT INTO gate_pass (\(columns.joined(separator: ", "))) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"

    private static let places = (
        verdict: place("verdict"), findings: place("findings"), facts: place("facts"), pair: place("pair_id")
    )
    private static func place(_ column: String) -> Int { columns.firstIndex(of: column) ?? 0 }

    static func insert(_ row: [SQLValue], in tx: any Transaction) throws -> Int64 { try tx.insert(SQL(text: statement, arguments: row)) }

    /// What the day's load changes in a row.
    static func judgedAnew(_ pass: StoredPass, _ row: inout [SQLValue]) {
        row[places.verdict] = .text(pass.verdict.rawValue)
        row[places.facts] = .text(pass.facts.kept)
        found(pass.findings, &row)
    }

    static func found(_ findings: [GatePassRule.Finding], _ row: inout [SQLValue]) { row[places.findings] = .text(codes(findings)) }
    static func paired(_ partner: Int64, _ row: inout [SQLValue]) { row[places.pair] = .int(partner) }

    /// In the order of the columns; not paired yet.
    ///
    /// - Parameter owner: as the table keeps personal values.
    static func values(_ pass: StoredPass, owner: String?, digest: String) -> [SQLValue] {
        let input = pass.input
        var values: [SQLValue] = []
        values.reserveCapacity(columns.count)
        values += [
            .int(pass.site.org), .text(pass.site.county), .int(pass.recordedAt.milliseconds), .int(pass.recordedAt.milliseconds), .int(input.passedAt.milliseconds),
            .text(input.plate.text), .text(input.plateColor.rawValue),
        ]
        values += [
            .text(input.direction), .text(input.gateNo), .text(input.barrierNo), input.laneNo.sqlValue, .int(input.serialNo), input.startedAt.sqlValue, input.endedAt.sqlValue,
        ]
        values += [.text(input.barrierAction), input.liftReason.sqlValue, .text(input.source), input.operatorName.sqlValue, input.reason.sqlValue, input.confidence.sqlValue]
        values += [
            .text(pass.site.industry), pass.vehicleType.sqlValue, pass.facts.vehicleClass.sqlValue, .text(pass.facts.fuel), .text(pass.facts.stage.rawValue),
            .text(pass.stageBasis),
        ]
        values += [
            input.vin.sqlValue, input.engineNo.sqlValue, input.registeredOn.sqlValue, input.model.sqlValue, input.useNature.sqlValue, owner.sqlValue,
            input.networked.sqlValue,
        ]
        values += [
            input.cargoName.sqlValue, input.cargoTonnes.sqlValue, input.measuredBy.sqlValue, input.headPhoto.sqlValue, input.bodyPhoto.sqlValue, input.platePhoto.sqlValue,
            input.documentPhoto.sqlValue,
        ]
        values += [
            input.videoCamera.sqlValue, input.videoFrom.sqlValue, input.videoTo.sqlValue, .text(pass.verdict.rawValue), .text(codes(pass.findings)),
            .text(pass.facts.level.rawValue),
        ]
        values += [
            pass.facts.strategy.map { SQLValue.int($0.id) } ?? .null, pass.facts.strategy.map { SQLValue.int($0.version) } ?? .null, .int(pass.listVersion),
            .int(GatePassRule.version),
        ]
        values += [pass.filingId.sqlValue, .text(pass.facts.kept), .int(pass.receivedAt.milliseconds), .null, .text(digest)]
        return values
    }

    /// The findings as the ledger's `codes` field keeps them.
    static func codes(_ findings: [GatePassRule.Finding]) -> String {
        findings.isEmpty ? "[]" : "[" + findings.map { "\"\($0.kind.rawValue)\"" }.joined(separator: ",") + "]"
    }
}
