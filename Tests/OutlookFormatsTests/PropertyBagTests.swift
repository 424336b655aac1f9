import OutlookFormats
import Testing

@Suite("Property bags")
struct PropertyBagTests {
    @Test("of several properties with one id the first is found, and all are kept")
    func first() {
        let subject = PropertyTag(0x0037, 0x001F)
        var bag = PropertyBag([Property(subject, [.bytes([0x41, 0])])])
        bag.add(Property(PropertyTag(0x0037, 0x001E), [.bytes([0x42])]))
        #expect(bag[0x0037]?.tag == subject)
        #expect(bag.properties.count == 2)
    }
}
