import Cryptography
import Features
import Kernel
import Media
import MobileSources

/// Draws what the demonstration's cameras take.
struct DemoPictures: Sendable {
    /// A picture takes ten milliseconds, unoptimised a second: then fewer are drawn.
    static let areQuick: Bool = {
        #if DEBUG
            false
        #else
            true
        #endif
    }()

    private let photos: PhotoStore
    private let threads: PictureThreads

    init(platform: Platform) {
        photos = platform.photos
        threads = PictureThreads(threads: 2, waiting: 64, isBackground: false)
    }

    struct Shot: Sendable {
        var vehicle: DemoVehicle
        var place: DemoEnterprise
        var plate: String
        var color: PlateColor
        var moment: Moment
        var gate: String

        init(vehicle: DemoVehicle, place: DemoEnterprise, plate: String, color: PlateColor, moment: Moment, gate: String) {
            self.vehicle = vehicle
            self.place = place
            self.plate = plate
            self.color = color
            self.moment = moment
            self.gate = gate
        }

        init(vehicle: DemoVehicle, place: DemoEnterprise, input: GatePassInput) {
            self.init(
                vehicle: vehicle, place: place, plate: input.plate.text, color: input.plateColor, moment: input.passedAt,
                gate: "\(input.gateNo)号门 \(input.direction == "1" ? "进" : "出") \(input.barrierNo)")
        }

        func jpeg(_ kind: DemoPhoto.Kind) throws -> [UInt8] {
            try DemoPhoto(kind: kind, plate: plate, color: color, moment: moment, enterprise: place.shortName, gate: gate, seed: vehicle.seed).jpeg()
        }
    }

    static func hash(of text: String) -> String { SHA256.hash(text).hex }
    static func hash(of picture: [UInt8]) -> String { SHA256.hash(picture).hex }

    /// - Returns: the stored picture's SHA-256.
    func store(_ shot: Shot, _ kind: DemoPhoto.Kind, org: Int64, at moment: Moment) async throws -> String {
        let bytes = try await threads.run { try shot.jpeg(kind) }
        return try await photos.receive(bytes, expectedSHA256: nil, organisation: org, clock: .fixed(moment)).sha256
    }
}
