import Cryptography
import Kernel

/// One pass as a gate reports it, read out of JSON with every wrong field named.
///
/// Source: interfaces/gate.md Passes.
package struct GatePassInput: Sendable {
    /// Seventeen digits: serials are counted and subtracted, and no sum of them may reach the end of 64 bits.
    package static let lastSerial: Int64 = 99_999_999_999_999_999

    package var serialNo: Int64 = 0
    package var gateNo = ""
    package var barrierNo = ""
    package var laneNo: String?
    package var direction = ""
    package var plate = PlateNumber.none
    package var plateColor: PlateColor = .other
    package var passedAt = Moment(milliseconds: 0)
    package var startedAt: Moment?
    package var endedAt: Moment?
    package var barrierAction = ""
    package var liftReason: String?
    package var headPhoto: String?
    package var bodyPhoto: String?
    package var platePhoto: String?
    package var documentPhoto: String?
    package var cargoName: String?
    package var cargoTonnes: Double?
    package var measuredBy: String?
    package var vin: String?
    package var engineNo: String?
    package var registeredOn: Day?
    package var model: String?
    package var vehicleType: String?
    package var fuel: String?
    package var emissionStage: EmissionStage?
    package var useNature: String?
    package var owner: String?
    package var networked: String?
    package var source = ""
    package var operatorName: String?
    package var reason: String?
    package var confidence: Double?
    /// As a reader or a guard recognised the driver; compared with the authorisation and not kept.
    package var driver: String?
    package var videoCamera: String?
    package var videoFrom: Moment?
    package var videoTo: Moment?
    /// Names that the interface does not know; kept out and reported.
    package var ignored: [String] = []

    package init() {}

    package var photos: [String] { [headPhoto, bodyPhoto, platePhoto, documentPhoto].compactMap(\.self) }

    /// What "the same content" means when a serial comes again: everything that describes the pass, but not how it was sent.
    package var digest: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(384)
        func add(_ text: String?) {
            if let text { bytes.append(contentsOf: text.utf8) }
        }
        func next(_ text: String?) {
            add(text)
            bytes.append(UInt8(ascii: "|"))
        }
        next(direction)
        next(plate.text)
        next(plateColor.rawValue)
        next(String(passedAt.milliseconds))
        next(barrierNo)
        next(laneNo)
        next(barrierAction)
        next(cargoName)
        next(cargoTonnes.map { String($0) })
        next(headPhoto)
        next(bodyPhoto)
        next(platePhoto)
        next(documentPhoto)
        next(vin)
        next(emissionStage?.rawValue)
        add(fuel)
        return SHA256.hash(bytes).hex(bytes: 16)
    }
}

/// A refused record: which serial, if it could be read, and everything that is wrong.
package struct GatePassFault: Error, Sendable {
    package var serialNo: Int64?
    package var errors: [FieldFinding]
    package var ignored: [String]
}

extension GatePassInput {
    private enum Name: Int, CaseIterable {
        case serialNo, gateNo, barrierNo, laneNo, direction, plateNo, plateColor, passedAt, startedAt, endedAt, barrierAction, liftReason, headPhoto, bodyPhoto, platePhoto,
            documentPhoto
        case cargoName, cargoTonnes, measuredBy, vin, engineNo, registeredOn, model, vehicleType, fuel, emissionStage, useNature, owner, networked, source
        case `operator`, reason, confidence, video, driver

        private static let texts: [String] = allCases.map { "\($0)" }
        private static let byText: [String: Name] = Dictionary(uniqueKeysWithValues: allCases.map { ($0.text, $0) })
        private static let required: [Name] = [.serialNo, .gateNo, .barrierNo, .direction, .plateNo, .plateColor, .passedAt, .barrierAction, .source]
        static let requiredMask = required.reduce(UInt64(0)) { $0 | $1.mask }

        /// As the interface writes it.
        var text: String { Name.texts[rawValue] }
        /// One bit a name, so that those of a record are a number.
        var mask: UInt64 { 1 << UInt64(rawValue) }

        static func find(_ text: String) -> Name? { byText[text] }
        static func missing(in present: UInt64) -> [Name] { required.filter { present & $0.mask == 0 } }
    }

    /// - Parameter now: passes more than five minutes in the future are refused.
    /// - Throws: `GatePassFault` with every finding.
    package init(_ value: JSONValue, now: Moment) throws(GatePassFault) {
        guard let object = value.object else { throw GatePassFault(serialNo: nil, errors: [FieldFinding("", "format", "应为 JSON 对象")], ignored: []) }
        var reader = FieldReader()
        var seen = GatePassInput()
        var present: UInt64 = 0
        for (name, value) in object.members {
            guard let known = Name.find(name) else {
                if name != "enterpriseCode" { seen.ignored.append(name) }
                continue
            }
            if value.isNull { continue }
            present |= known.mask
            seen.take(known, value, &reader)
        }
        if present & Name.requiredMask != Name.requiredMask {
            for lacking in Name.missing(in: present) { reader.errors.append(FieldFinding(lacking.text, "required", "必填")) }
        }
        seen.checkTogether(present: present & Name.passedAt.mask != 0, now: now, &reader)
        guard reader.errors.isEmpty else { throw GatePassFault(serialNo: present & Name.serialNo.mask != 0 ? seen.serialNo : nil, errors: reader.errors, ignored: seen.ignored) }
        self = seen
    }

    private mutating func take(_ name: Name, _ value: JSONValue, _ reader: inout FieldReader) {
        switch name {
        case .serialNo: serialNo = reader.int(name.text, value, 0...Self.lastSerial) ?? 0
        case .gateNo: gateNo = reader.text(name.text, value, 1...8) ?? ""
        case .barrierNo: barrierNo = reader.text(name.text, value, 1...8) ?? ""
        case .laneNo: laneNo = reader.text(name.text, value, 0...8)
        case .direction: direction = reader.code(name.text, value, directions) ?? ""
        case .plateNo: plate = PlateNumber(normalizing: reader.text(name.text, value, 1...16) ?? "无牌")
        case .plateColor: plateColor = reader.code(name.text, value, plateColors).flatMap(PlateColor.init(rawValue:)) ?? .other
        case .passedAt: passedAt = reader.moment(name.text, value) ?? Moment(milliseconds: 0)
        case .startedAt: startedAt = reader.moment(name.text, value)
        case .endedAt: endedAt = reader.moment(name.text, value)
        case .barrierAction: barrierAction = reader.code(name.text, value, barrierActions) ?? ""
        case .liftReason: liftReason = reader.text(name.text, value, 0...200)
        case .headPhoto: headPhoto = reader.sha256(name.text, value)
        case .bodyPhoto: bodyPhoto = reader.sha256(name.text, value)
        case .platePhoto: platePhoto = reader.sha256(name.text, value)
        case .documentPhoto: documentPhoto = reader.sha256(name.text, value)
        default: takeOptional(name, value, &reader)
        }
    }

    private mutating func takeOptional(_ name: Name, _ value: JSONValue, _ reader: inout FieldReader) {
        switch name {
        case .cargoName: cargoName = reader.text(name.text, value, 0...32)
        case .cargoTonnes: cargoTonnes = reader.number(name.text, value, 0...1000)
        case .measuredBy: measuredBy = reader.code(name.text, value, measures)
        case .vin: vin = reader.text(name.text, value, 0...17)
        case .engineNo: engineNo = reader.text(name.text, value, 0...32)
        case .registeredOn: registeredOn = reader.day(name.text, value)
        case .model: model = reader.text(name.text, value, 0...64)
        case .vehicleType: vehicleType = reader.text(name.text, value, 0...4)
        case .fuel: fuel = reader.text(name.text, value, 0...4)
        case .emissionStage: emissionStage = reader.code(name.text, value, stages).flatMap(EmissionStage.init(rawValue:))
        case .useNature: useNature = reader.text(name.text, value, 0...2)
        case .owner: owner = reader.text(name.text, value, 0...100)
        case .networked: networked = reader.code(name.text, value, yesOrNo)
        case .source: source = reader.code(name.text, value, sources) ?? ""
        case .operator: operatorName = reader.text(name.text, value, 0...64)
        case .reason: reason = reader.text(name.text, value, 0...200)
        case .confidence: confidence = reader.number(name.text, value, 0...1)
        case .driver: driver = reader.text(name.text, value, 0...32)
        case .video: takeVideo(value, &reader)
        default: break
        }
    }

    private mutating func takeVideo(_ value: JSONValue, _ reader: inout FieldReader) {
        guard let object = value.object else { return reader.fail("video", "format", "应为对象 {cameraNo, from, to}") }
        videoCamera = object["cameraNo"].flatMap { reader.text("video.cameraNo", $0, 1...32) }
        videoFrom = object["from"].flatMap { $0.isNull ? nil : reader.moment("video.from", $0) }
        videoTo = object["to"].flatMap { $0.isNull ? nil : reader.moment("video.to", $0) }
        if let videoFrom, let videoTo, videoTo < videoFrom { reader.fail("video.to", "range", "不得早于开始时间") }
    }

    private func checkTogether(present hasTime: Bool, now: Moment, _ reader: inout FieldReader) {
        if hasTime, passedAt.milliseconds != 0, passedAt > now.adding(seconds: 300) { reader.fail("passedAt", "future", "不得晚于当前时间 5 分钟以上") }
        if hasTime, passedAt.milliseconds != 0, passedAt < now.adding(seconds: -3 * 366 * 86_400) { reader.fail("passedAt", "range", "早于三年前") }
        if let startedAt, let endedAt, endedAt < startedAt { reader.fail("endedAt", "range", "不得早于开始时间") }
        if barrierAction == "1", (liftReason ?? "").isEmpty { reader.fail("liftReason", "required", "手动抬杆须填写原因") }
        if source == "manual" {
            if (operatorName ?? "").isEmpty { reader.fail("operator", "required", "人工补录须填写补录人") }
            if (reason ?? "").isEmpty { reader.fail("reason", "required", "人工补录须填写原因") }
        }
    }
}

private let directions: Set<String> = ["1", "2"]
private let barrierActions: Set<String> = ["0", "1", "2"]
private let measures: Set<String> = ["scale", "hand"]
private let yesOrNo: Set<String> = ["0", "1"]
private let sources: Set<String> = ["auto", "manual", "backfill"]
private let plateColors: Set<String> = ["0", "1", "2", "3", "4", "5", "6"]
private let stages: Set<String> = ["0", "1", "2", "3", "4", "5", "6", "D", "X"]

/// Reads single JSON values as the interface's types and collects what is wrong.
package struct FieldReader {
    package var errors: [FieldFinding] = []

    package init() {}

    package mutating func fail(_ field: String, _ code: String, _ message: String) { errors.append(FieldFinding(field, code, message)) }

    /// Text; a number is taken as its digits, since many gates write codes without quotes.
    package mutating func text(_ field: String, _ value: JSONValue, _ length: ClosedRange<Int>) -> String? {
        let text: String
        switch value {
        case .string(let value): text = value
        case .int(let value): text = String(value)
        default:
            fail(field, "type", "应为文字")
            return nil
        }
        guard length.contains(text.utf8.count) || length.contains(text.count) else {
            fail(field, "length", "长度应为 \(length.lowerBound)～\(length.upperBound) 个字符")
            return nil
        }
        return text
    }

    package mutating func code(_ field: String, _ value: JSONValue, _ codes: Set<String>) -> String? {
        let text: String
        switch value {
        case .string(let value): text = value
        case .int(let value): text = String(value)
        default:
            fail(field, "type", "应为代码")
            return nil
        }
        guard codes.contains(text) else {
            fail(field, "unknownCode", "代码“\(text.prefix(16))”不在取值范围（\(codes.sorted().joined(separator: "、"))）")
            return nil
        }
        return text
    }

    package mutating func int(_ field: String, _ value: JSONValue, _ range: ClosedRange<Int64>) -> Int64? {
        guard let number = value.int else {
            fail(field, "type", "应为整数")
            return nil
        }
        guard range.contains(number) else {
            fail(field, "range", "超出范围")
            return nil
        }
        return number
    }

    package mutating func number(_ field: String, _ value: JSONValue, _ range: ClosedRange<Double>) -> Double? {
        guard let number = value.double else {
            fail(field, "type", "应为数字")
            return nil
        }
        guard range.contains(number) else {
            fail(field, "range", "应在 \(range.lowerBound)～\(range.upperBound) 之间")
            return nil
        }
        return number
    }

    package mutating func moment(_ field: String, _ value: JSONValue) -> Moment? {
        guard let text = value.string, text.utf8.count >= 20, let moment = Moment(parsing: text) else {
            fail(field, "format", "应为带时区的 RFC 3339 时间，如 2026-11-21T08:00:00+08:00")
            return nil
        }
        return moment
    }

    package mutating func day(_ field: String, _ value: JSONValue) -> Day? {
        guard let text = value.string, let day = Day(parsing: text) else {
            fail(field, "format", "应为日期，如 2020-06-30")
            return nil
        }
        return day
    }

    package mutating func sha256(_ field: String, _ value: JSONValue) -> String? {
        guard var text = value.string, text.utf8.count == 64 else {
            fail(field, "format", "应为照片的 SHA-256（64 位十六进制）")
            return nil
        }
        let (isHex, isLower) = text.withUTF8 { bytes in
            var isLower = true
            for byte in bytes where !(48...57).contains(byte) && !(97...102).contains(byte) {
                guard (65...70).contains(byte) else { return (false, false) }
                isLower = false
            }
            return (true, isLower)
        }
        guard isHex else {
            fail(field, "format", "应为照片的 SHA-256（64 位十六进制）")
            return nil
        }
        return isLower ? text : text.lowercased()
    }
}
