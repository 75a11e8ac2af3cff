import Kernel
import Ledgers
import Storage

/// The emission stage of a vehicle and what it rests on, in the order of evidence of the standard (hj1321-gate.md §7).
///
/// The national manifest look-up (VIN, engine number and captcha) is not reachable by machine; the manifest's photo, read by a person on approval, stands for it.
package struct StageEvidence: Sendable, Equatable {
    package var stage: EmissionStage
    /// Code of the dictionary `stageBasis`.
    package var basis: String
    package var text: String
    /// The evidence speaks against what was reported.
    package var conflicts: Bool

    package struct Subject: Sendable {
        package var plate: PlateNumber
        package var vin: String?
        package var model: String?
        package var registeredOn: Day?
        package var reported: EmissionStage?
        package var hasManifest: Bool

        package init(plate: PlateNumber, vin: String?, model: String?, registeredOn: Day?, reported: EmissionStage?, hasManifest: Bool) {
            self.plate = plate
            self.vin = vin
            self.model = model
            self.registeredOn = registeredOn
            self.reported = reported
            self.hasManifest = hasManifest
        }

        init(_ draft: Draft, _ before: Record?) {
            func text(_ key: FieldKey<String>) -> String? {
                if let value = draft[key] { return value.string.flatMap { $0.isEmpty ? nil : $0 } }
                return before?[key]
            }
            let day = draft[RegisteredVehicle.registeredOn].flatMap { value in value.string.flatMap { Day(parsing: $0) } ?? value.int.flatMap { Day(number: Int($0)) } }
            self.init(
                plate: PlateNumber(normalizing: text(RegisteredVehicle.plateNo) ?? ""), vin: text(RegisteredVehicle.vin).map { VIN(normalizing: $0).text },
                model: text(RegisteredVehicle.model),
                registeredOn: day ?? before?[RegisteredVehicle.registeredOn], reported: text(RegisteredVehicle.emissionStage).flatMap(EmissionStage.init(rawValue:)),
                hasManifest: text(RegisteredVehicle.manifestPhoto) != nil)
        }
    }

    package static func determine(_ subject: Subject, excluding id: Int64?, in reader: any Reader) throws -> StageEvidence {
        func evidence(_ stage: EmissionStage, _ basis: String, _ text: String) -> StageEvidence {
            let conflicts = subject.reported.map { $0 != stage && $0 != .unknown } ?? false
            return StageEvidence(stage: stage, basis: basis, text: conflicts ? text + "（申报为\(subject.reported?.title ?? "")）" : text, conflicts: conflicts)
        }
        if subject.plate.isPureElectric { return evidence(.electric, "3", "纯电动新能源号牌 \(subject.plate.text)") }
        if subject.hasManifest, let reported = subject.reported, reported != .unknown { return evidence(reported, "3", "随车清单照片，审核时人工核对") }
        if let model = subject.model.map(latin), !model.isEmpty, let found = try catalogue(model, subject.registeredOn, reader) {
            return evidence(found.stage, "2", "车型库 \(model)，批准日期 \(found.approved)")
        }
        if let vin = subject.vin, !vin.isEmpty, let stage = try filed("vin = \(vin)", excluding: id, reader) { return evidence(stage, "0", "本地车辆库同 VIN \(vin)") }
        if let model = subject.model, !model.isEmpty {
            let until = subject.registeredOn?.number ?? 99_999_999
            if let stage = try filed("model = \(model) AND registered_on <= \(until)", excluding: id, reader) { return evidence(stage, "1", "同车型 \(model) 的已备案车辆") }
        }
        if let reported = subject.reported, reported != .unknown { return StageEvidence(stage: reported, basis: "4", text: "企业申报，未找到佐证", conflicts: false) }
        return StageEvidence(stage: .unknown, basis: "9", text: "没有可用的判定依据", conflicts: false)
    }

    private static func catalogue(_ model: String, _ registeredOn: Day?, _ reader: any Reader) throws -> (stage: EmissionStage, approved: String)? {
        let until = registeredOn?.number ?? 99_999_999
        let row = try reader.first(
            "SELECT emission_stage, approved_on FROM vehicle_model WHERE model = \(model) AND approved_on <= \(until) AND deleted_at IS NULL ORDER BY approved_on DESC, emission_stage ASC LIMIT 1"
        )
        guard let row, let stage = row[0].text.flatMap(EmissionStage.init(rawValue:)) else { return nil }
        return (stage, row.day("approved_on")?.text ?? "")
    }

    /// Filings that are evidence for others. Word for word the condition of the index by model, without which an import of one model would read all its rows for each.
    static let usableFilings = "filing_state = 'approved' AND emission_stage <> 'X' AND deleted_at IS NULL"

    private static func filed(_ condition: SQL, excluding id: Int64?, _ reader: any Reader) throws -> EmissionStage? {
        let row = try reader.first(
            "SELECT emission_stage FROM registered_vehicle WHERE \(condition) AND \(SQL(text: usableFilings)) AND id <> \(id ?? 0) ORDER BY registered_on DESC LIMIT 1"
        )
        return row?[0].text.flatMap(EmissionStage.init(rawValue:))
    }

    /// Model codes are compared without the Chinese brand before them.
    private static func latin(_ model: String) -> String { String(model.unicodeScalars.filter { $0.isASCII && $0 != " " }).uppercased() }
}

/// A-08 车型库: the public environmental catalogue of vehicle models, second in the order of evidence.
package enum VehicleModel {
    package static let ledger = LedgerDeclaration(
        id: "A-08-2",
        name: "vehicleModel",
        title: "车型库",
        titleEN: "Vehicle models",
        group: "车辆与机械台账",
        ownedBy: .shared,
        uniqueBy: ["model", "approvedOn", "emissionStage"],
        titleField: "model",
        indexes: [Index("model", "approved_on")],
        keptYears: nil,
        fields: [
            .text("model", "车型代码", length: 2...64, marks: [.required, .searchable]).hint("不含中文商标，如 ZZ4257V384GF1"),
            .text("manufacturer", "生产企业", length: 1...100, marks: [.searchable]),
            .code("fuel", "燃料种类", from: .fuel, marks: [.filterable]),
            .code("emissionStage", "排放阶段", from: .emissionStage, marks: [.required, .filterable, .groupable]),
            .day("approvedOn", "公开（批准）日期", marks: [.required, .sortable]),
        ]
    )
}
